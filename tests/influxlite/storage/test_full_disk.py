"""A disk that is full refuses writes with a sentence and loses nothing; when there is room again, it goes on."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import random, resource, sys
from pathlib import Path
from influxlite import line_protocol
from influxlite.storage import DiskError, Storage
from influxlite.storage.setup import set_up

folder = Path(sys.argv[1])
storage = Storage.open(folder, memory_limit_mb=256)
org, bucket = set_up(storage, org="o", bucket="b", token="t")

def write(number):
    lines = "\\n".join(f"m,k={number} v={random.random()} {i}" for i in range(2000))
    storage.write(bucket, line_protocol.parse(lines.encode()))

def stored():
    with storage.snapshot() as view:
        ids = [s.id for s in storage.series(bucket.id)]
        rows = view.execute(f"SELECT series, count(*) FROM ({view.points_sql('float', ids, 0, 10000)}) GROUP BY series")
        found = dict(rows.fetchall())
    assert set(found.values()) <= {2000}, found
    return {int(dict(s.tags)["k"]) for s in storage.series(bucket.id) if s.id in found}

kept = set()
for number in range(5):
    write(number)
    kept.add(number)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, hard))
refused = 0
for number in range(5, 25):
    try:
        write(number)
        kept.add(number)
    except DiskError as fault:
        assert "nothing of this was stored, send it again" in str(fault), fault
        refused += 1
assert refused > 3, refused
assert stored() == kept
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
for number in range(25, 30):
    write(number)
    kept.add(number)
storage.maintenance.compact(everything=True)
assert stored() == kept
storage.close()
storage = Storage.open(folder, memory_limit_mb=256)
bucket = storage.find_bucket(org.id, name="b")
assert stored() == kept
storage.close()
print("kept", len(kept), "refused", refused)
"""


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk: writes beyond it fail in the same places."""
    told = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path / "data")], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr[-3000:]
    assert told.stdout.startswith("kept ")
