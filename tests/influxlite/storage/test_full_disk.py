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


STUCK = """
import random, resource, sys
from pathlib import Path
from influxlite import line_protocol
from influxlite.storage import DiskError, Storage, log, pending
from influxlite.storage.setup import set_up

log.SEGMENT_BYTES, pending.MOST_BYTES = 100_000, 1_500_000  # the log goes on where the tables' file may not grow
folder = Path(sys.argv[1])
storage = Storage.open(folder, memory_limit_mb=256)
org, bucket = set_up(storage, org="o", bucket="b", token="t")
chance, model = random.Random(5), {}

def write():
    lines, new = [], {}
    for i in range(2000):
        k, t, v = chance.randrange(9), chance.randrange(10_000), chance.random()
        lines.append(f"m,k={k} v={v} {t}")
        new[str(k), t] = v
    storage.write(bucket, line_protocol.parse("\\n".join(lines).encode()))
    model.update(new)

def stored():
    series = {s.id: dict(s.tags)["k"] for s in storage.series(bucket.id)}
    with storage.snapshot() as view:
        sql = view.points_sql("float", list(series), 0, 10_000)
        rows = view.execute(f"SELECT series, time, value FROM ({sql})").fetchall()
    assert len(rows) == len({row[:2] for row in rows}), "an instant is there twice"
    newest = storage.last_values(list(series))
    for key in series:
        at = max(t for k, t in model if k == series[key])
        assert newest[key] == (at, model[series[key], at]), (key, newest[key])
    return {(series[key], t): v for key, t, v in rows}

write()
assert stored() == model
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, hard))
refused = kept_back = 0
for number in range(45):
    try:
        write()
    except DiskError as fault:
        assert "nothing of this was stored, send it again" in str(fault), fault
        refused += 1
    if number % 6 == 0:
        assert stored() == model
        kept_back += storage.flusher.kept_back is not None
        storage.flusher._retry_at = 0.0  # try again now
assert refused and kept_back, (refused, kept_back)
try:
    storage.delete(storage.series(bucket.id), 0, 5)
    raise SystemExit("a delete was done on a full disk")
except DiskError:
    pass
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
storage.flusher._retry_at = 0.0
assert stored() == model
assert storage.flusher.kept_back is None
write()
storage.maintenance.compact(everything=True)
assert stored() == model
storage.close()
assert not list((folder / "log").iterdir())
storage = Storage.open(folder, memory_limit_mb=256)
bucket = storage.find_bucket(org.id, name="b")
assert stored() == model
storage.close()
print("kept", len(model), "refused", refused, "kept back", kept_back)
"""


def test_what_is_logged_but_cannot_be_stored_is_read_from_memory(tmp_path: Path) -> None:
    """Where the log has room and the tables have none, acknowledged points are found, once, also in the end."""
    told = subprocess.run([sys.executable, "-c", STUCK, str(tmp_path / "data")], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr[-3000:]
    assert told.stdout.startswith("kept ")
