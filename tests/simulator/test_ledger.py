"""The ledger survives what its simulator does not, and loads again as it was."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.errors import LedgerError
from simulator.ledger import Ledger, digest, load
from simulator.reading import Reading, Value

ENDLESS = """
import itertools, sys
from pathlib import Path
from simulator.ledger import Ledger
from simulator.reading import Reading
ledger = Ledger(Path(sys.argv[1]))
ledger.began(seed=1)
for n in itertools.count():
    number = ledger.sent([Reading("101", "5001", n, n, {"apnea_count": n}, "d")])
    ledger.acknowledged(number, [(0, n, [])])
    print(n, flush=True)
"""


def reading(at_ms: int, **fields: Value) -> Reading:
    """A reading of room 101."""
    return Reading("101", "5001", at_ms, at_ms, fields, "d")


def test_what_was_entered_is_loaded(tmp_path: Path) -> None:
    """Sent and acknowledged readings, flags, names and marks come back; parts of one reading are put together."""
    ledger = Ledger(tmp_path / "l.jsonl")
    ledger.began(seed=1)
    ledger.acknowledged(ledger.sent([reading(1, spo2=95.0), reading(2, spo2=96.0)]), [(0, 1, []), (1, 2, ["late"])])
    ledger.acknowledged(ledger.sent([reading(1, leak_rate=3.0)]), [(0, 1, [])])
    ledger.sent([reading(3, spo2=97.0)])
    ledger.named("5001", "Ada Park")
    ledger.mark("flapping", room="101", seen=True)
    ledger.close()
    account = load(tmp_path / "l.jsonl")
    first, second, third = account.entries.values()
    assert (first.time_ms, first.acknowledged) == (1, {"spo2": 95.0, "leak_rate": 3.0})
    assert (second.time_ms, second.flags) == (2, {"late"})
    assert (third.time_ms, third.acknowledged, third.maybe) == (None, {}, {"spo2": 97.0})
    assert account.names == {"5001": digest("Ada Park")}
    assert "Ada" not in (tmp_path / "l.jsonl").read_text()
    assert account.marks[0]["seen"] is True


def test_an_answer_that_changes_its_mind_is_found(tmp_path: Path) -> None:
    """Two acknowledgements of one identity with different times contradict each other."""
    ledger = Ledger(tmp_path / "l.jsonl")
    ledger.began(seed=1)
    for time_ms in (1, 1, 2):
        ledger.acknowledged(ledger.sent([reading(1, spo2=95.0)]), [(0, time_ms, [])])
    ledger.close()
    assert len(load(tmp_path / "l.jsonl").contradictions) == 1


def test_a_torn_line_is_passed_over_and_the_next_run_goes_on(tmp_path: Path) -> None:
    """Half a line at the end is what a crash leaves: it is no error, and a later run appends behind it."""
    path = tmp_path / "l.jsonl"
    for _ in range(2):
        ledger = Ledger(path)
        ledger.began(seed=1)
        ledger.acknowledged(ledger.sent([reading(1, spo2=95.0)]), [(0, 1, [])])
        ledger.close()
        with path.open("ab") as file:
            file.write(b'{"sent": "half')
    assert [entry.time_ms for entry in load(path).entries.values()] == [1]


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    """Nonsense in the middle is told by its line, not passed over."""
    path = tmp_path / "l.jsonl"
    path.write_text('{"run": "a"}\nnonsense\n{"mark": "x"}\n')
    with pytest.raises(LedgerError, match="line 2"):
        load(path)
    path.write_text('{"run": "a"}\n{"ack": "never-sent", "results": []}\n')
    with pytest.raises(LedgerError, match="does not fit together"):
        load(path)
    with pytest.raises(LedgerError, match="cannot read"):
        load(tmp_path / "missing.jsonl")


def test_a_full_ledger_says_so(tmp_path: Path) -> None:
    """The file does not grow beyond its limit."""
    ledger = Ledger(tmp_path / "l.jsonl", max_bytes=2_000)

    def fill() -> None:
        for at_ms in range(1_000):
            ledger.sent([reading(at_ms, spo2=95.0)])

    with pytest.raises(LedgerError, match="full"):
        fill()
    assert (tmp_path / "l.jsonl").stat().st_size <= 2_000


def test_a_killed_simulator_leaves_all_that_it_had_entered(tmp_path: Path) -> None:
    """After kill -9 the ledger holds every acknowledgement that was entered before."""
    path = tmp_path / "l.jsonl"
    process = subprocess.Popen([sys.executable, "-c", ENDLESS, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    last = 0
    while last < 2_000:
        last = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().split("\n")
    process.wait()
    last = max([last, *(int(line) for line in rest[:-1] if line)])
    times = {entry.time_ms for entry in load(path).acknowledged()}
    assert times >= set(range(last + 1))


def test_lines_are_json_with_one_meaning_each(tmp_path: Path) -> None:
    """The format of the module's docstring is the format of the file."""
    ledger = Ledger(tmp_path / "l.jsonl")
    ledger.began(seed=1)
    ledger.acknowledged(ledger.sent([reading(1, spo2=95.0)]), [(0, 1, ["late"])])
    ledger.close()
    run, sent, ack = (json.loads(line) for line in (tmp_path / "l.jsonl").read_text().splitlines())
    assert run["seed"] == 1
    assert sent["readings"] == [["101", "5001", 1, 1, {"spo2": 95.0}]]
    assert ack == {"ack": sent["sent"], "results": [[0, 1, ["late"]]]}
