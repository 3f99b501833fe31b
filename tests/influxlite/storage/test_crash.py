"""A process killed at any moment loses nothing that it acknowledged, and keeps every batch whole or not at all."""

import collections
import random
import threading
import time
from pathlib import Path

import requests

from influxlite.storage import Storage
from tests.influx_servers import ORG, TOKEN, free_port, influxlite_command, running
from tests.influxlite.conftest import points

BUCKET = "bedside-test-first"
ROUNDS = 4
WRITERS = 4
LINES = 60


def post_until_it_is_gone(url: str, writer: int, first: int, acknowledged: set[tuple[int, int]]) -> None:
    """Post batches, each of lines that carry the writer's and the batch's number, until the server does not answer."""
    session = requests.Session()
    batch = first
    while True:
        lines = "\n".join(f'm,w={writer} b={batch}i,f={batch}.5,s="{batch}" {batch * 1000 + i}' for i in range(LINES))
        try:
            answer = session.post(
                f"{url}/api/v2/write?org={ORG}&bucket={BUCKET}", data=lines, headers={"Authorization": f"Token {TOKEN}"}
            )
        except requests.RequestException:
            return
        assert answer.status_code == 204, answer.text
        acknowledged.add((writer, batch))
        batch += 1


def stored_batches(data: Path) -> collections.Counter[tuple[int, int, str]]:
    """How many points of each writer, batch and field the folder holds."""
    storage = Storage.open(data, memory_limit_mb=256)
    try:
        org = storage.catalogue.org(name=ORG)
        assert org is not None
        bucket = storage.find_bucket(org.id, name=BUCKET)
        assert bucket is not None
        found: collections.Counter[tuple[int, int, str]] = collections.Counter()
        with storage.snapshot() as view:
            for one in storage.series(bucket.id):
                rows = points(view, one.kind, [one.id])
                for _, instant, value in rows:
                    assert float(value) == instant // 1000 + (0.5 if one.field == "f" else 0)
                    found[int(dict(one.tags)["w"]), instant // 1000, one.field] += 1
        return found
    finally:
        storage.close()


def test_a_killed_server_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    """Killed four times while clients write: every acknowledged batch is there whole, none is there in part."""
    chance = random.Random(11)
    data = tmp_path / "data"
    acknowledged: set[tuple[int, int]] = set()
    for round_number in range(ROUNDS):
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        with running(influxlite_command(data, port), url, tmp_path / "log") as process:
            threads = [
                threading.Thread(target=post_until_it_is_gone, args=(url, w, round_number * 100_000, acknowledged))
                for w in range(WRITERS)
            ]
            for thread in threads:
                thread.start()
            time.sleep(chance.uniform(0.3, 1.2))
            process.kill()
            for thread in threads:
                thread.join()
        found = stored_batches(data)
        assert set(found.values()) == {LINES}, "a batch is there in part"
        missing = [(w, b, f) for w, b in acknowledged for f in "bfs" if (w, b, f) not in found]
        assert not missing, f"{len(missing)} of {len(acknowledged)} acknowledged batches are lost"
    assert len(acknowledged) > ROUNDS
