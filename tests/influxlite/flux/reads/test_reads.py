"""What InfluxDB answered about `points.lp`, from its storage and on frames: `answers.txt` has the questions.

    python -m tests.influxlite.flux.reads.test_reads URL TOKEN ORG

writes the answers anew. The order of tables is nobody's promise, that of rows within a table is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from influxlite.flux import FluxError, query
from influxlite.flux.csv import encode
from tests.influx_servers import Influx
from tests.influxlite.conformance.annotated_csv import difference
from tests.influxlite.conftest import Box
from tests.influxlite.flux.stdlib.record import asker
from tests.influxlite.flux.stdlib.recorded import Case, Refused, answer_of, read, same

HERE = Path(__file__).parent
BUCKET = "bedside-test-reads"
LINES = (HERE / "points.lp").read_text()
CASES = [pytest.param(case, id=case.question[:80]) for case in read(HERE / "answers.txt") if isinstance(case, Case)]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """A storage with the points."""
    made = Box(tmp_path_factory.mktemp("reads") / "data")
    made.write(LINES)
    yield made
    made.storage.close()


@pytest.mark.parametrize("pushdown", [True, False], ids=["pushed", "frames"])
@pytest.mark.parametrize("case", CASES)
def test_the_answer_is_influxdb_s(held: Box, case: Case, pushdown: bool) -> None:
    """Rows in their order, columns with their types and groups; of an error, its code and words."""

    def ask(script: str) -> str:
        script = script.replace(f'"{BUCKET}"', f'"{held.bucket.name}"'.ljust(len(BUCKET) + 2))  # errors name columns
        try:
            results = query(script, storage=held.storage, org_id=held.org.id, org_name="ward", pushdown=pushdown)
            return b"".join(encode(results)).decode()
        except FluxError as problem:
            raise Refused(f"{problem.answer_code}: {problem.message}") from None

    answer = answer_of(case, ask)
    if case.answer.startswith("error: "):
        assert same(answer, case.answer)
    else:
        assert not answer.startswith("error: "), answer
        assert difference(case.answer, answer) is None


def main(arguments: list[str]) -> None:
    """Record what a real InfluxDB answers."""
    url, token, org = arguments
    server = Influx("real", url, org, token)
    made = server.request("POST", "/api/v2/buckets", json={"name": BUCKET, "orgID": server.org_id()})
    assert made.status_code == 201, made.text
    try:
        assert server.write(BUCKET, LINES).status_code == 204
        out = []
        for part in read(HERE / "answers.txt"):
            if isinstance(part, Case):
                part.answer = answer_of(part, asker(url, token, org))
            out.append(str(part).rstrip("\n"))
        (HERE / "answers.txt").write_text("\n".join(out) + "\n")
    finally:
        server.drop_bucket(BUCKET)


if __name__ == "__main__":
    main(sys.argv[1:])
