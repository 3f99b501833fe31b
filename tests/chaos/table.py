"""The results of many rounds, by fault, as a table, and the page that holds it."""

import os
import platform
import statistics
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.faults import FAULTS
from tests.chaos.rounds import Outcome

BEGIN, END = "<!-- made by python -m tests.chaos -->", "<!-- end -->"
HEAD = (
    "fault", "what happens", "rounds", "injected", "acknowledged", "lost", "doubled", "misattributed", "else wrong",
    "median s", "worst s",
)  # fmt: skip


class Results:
    """What came of the rounds that began with that seed. `left_out` says of faults why they were not shown."""

    def __init__(self, seed: int) -> None:
        self.left_out: dict[str, str] = {}
        self._seed = seed
        self._outcomes: list[Outcome] = []
        self._began = datetime.now(UTC)

    def add(self, outcome: Outcome) -> None:
        """One more round."""
        self._outcomes.append(outcome)

    @property
    def ok(self) -> bool:
        """Whether every round was as promised."""
        return not any(outcome.problems for outcome in self._outcomes)

    def table(self) -> str:
        """A line for each fault that was injected, and one for all of them."""
        names = [name for name in FAULTS if any(outcome.fault == name for outcome in self._outcomes)]
        rows = [_row(name, FAULTS[name].summary, [o for o in self._outcomes if o.fault == name]) for name in names]
        rows.append(_row("all", "", self._outcomes))
        lines = [HEAD, ("---",) * len(HEAD), *rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)

    def write(self, page: Path) -> None:
        """Put the table between the two marks of the page; what stands around it is left alone."""
        before, _, rest = page.read_text().partition(BEGIN)
        _, _, after = rest.partition(END)
        page.write_text(f"{before}{BEGIN}\n\n{self._said()}\n\n{self.table()}\n\n{self._rest()}{END}{after}")

    def _said(self) -> str:
        minutes = (datetime.now(UTC) - self._began).total_seconds() / 60
        seconds = [second for outcome in self._outcomes for second in outcome.recovered_s]
        failed = sum(bool(outcome.problems) for outcome in self._outcomes)
        return (
            f"Run on {self._began:%Y-%m-%d}, {minutes:.0f} minutes, seed {self._seed}, on {os.cpu_count()} cores "
            f"({platform.machine()}, Linux {platform.release()}, Python {platform.python_version()}): "
            f"{len(self._outcomes)} rounds, {failed} of them with a problem, {len(seconds)} recoveries timed."
        )

    def _rest(self) -> str:
        lines = [f"- Left out: `{name}`. {why}" for name, why in self.left_out.items()]
        played = {outcome.fault for outcome in self._outcomes} | self.left_out.keys()
        lines += [f"- Not run: `{name}`." for name in FAULTS if name not in played]
        for outcome in self._outcomes:
            lines += [f"- `{outcome.fault}`, seed {outcome.seed}: {p.splitlines()[0]}" for p in outcome.problems[:3]]
        return "\n".join(lines) + "\n\n" if lines else ""


def _row(name: str, what: str, outcomes: list[Outcome]) -> tuple[str, ...]:
    verdicts = [outcome.verdict for outcome in outcomes]
    named = [sum(getattr(v, kind) for v in verdicts) for kind in ("lost", "doubled", "misattributed")]
    other = sum(v.faults for v in verdicts) - sum(named) + sum(len(outcome.untruths) for outcome in outcomes)
    seconds = [second for outcome in outcomes for second in outcome.recovered_s]
    counts = [len(outcomes), sum(o.injected for o in outcomes), sum(o.acknowledged for o in outcomes)]
    unknown = sum(not outcome.verified for outcome in outcomes)
    beside = f" ({unknown} of {len(outcomes)} not verified)" if unknown else ""
    found = [f"{count:,}{beside}" for count in (*named, other)]
    times = [f"{statistics.median(seconds):.1f}", f"{max(seconds):.1f}"] if seconds else ["", ""]
    return (name, what, *(f"{count:,}" for count in counts), *found, *times)
