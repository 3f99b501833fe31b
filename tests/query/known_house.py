"""A house whose every reading is known: four rooms, two nights of Vienna, the second an hour short.

What docs/cookbook.md, docs/analysts.md and the notebook beside it are held against.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.query import simulated
from tests.query.simulated import Plan, Row

NOW = datetime(2026, 3, 29, 9, 30, tzinfo=UTC)
"""The morning after a night in which the clocks of Vienna jumped."""
BEGIN = datetime(2026, 3, 27, 12, 0, tzinfo=UTC)
VIENNA = ZoneInfo("Europe/Vienna")
HOUR = timedelta(hours=1)
Stay = tuple[str, str, datetime, datetime]


def at(row: Row) -> datetime:
    """When it was measured."""
    return datetime.fromtimestamp(row.time_ms / 1000, UTC)


class House:
    """Four rooms and two nights: one room falls silent, another has a hole, and a mask leaks at the end."""

    def __init__(self, folder: Path) -> None:
        ends = simulated.to_ms(NOW)
        plan = Plan(7, 4, simulated.to_ms(BEGIN), ends, 60_000, 11.0, (), maskless=False)
        account = simulated.simulate(plan, folder / "ledger.jsonl")
        self.rows = [row for row in simulated.rows(account) if not self._missing(row)]
        for row in self.rows:
            if row.mrn == "5003" and row.time_ms >= ends - 15 * 60_000:
                row.fields.update(mask_on=True, leak_rate=31.5, cpap_pressure=9.0)
        self.stays: list[Stay] = []
        for room in sorted({row.room for row in self.rows}):
            own = [row for row in self.rows if row.room == room]
            for mrn in dict.fromkeys(row.mrn for row in own):
                times = [at(row) for row in own if row.mrn == mrn]
                self.stays.append((room, mrn, times[0], times[-1]))

    @staticmethod
    def _missing(row: Row) -> bool:
        silent = row.room == "104" and at(row) >= datetime(2026, 3, 29, 8, 0, tzinfo=UTC)
        return silent or (row.room == "102" and at(row).day == 29 and at(row).hour in (2, 3) and at(row).minute >= 10)

    def lines(self) -> Iterator[str]:
        """All of it as line protocol in milliseconds."""
        for row in self.rows:
            told = (f"{name}={_literal(value)}" for name, value in row.fields.items())
            yield f"cpap,mrn={row.mrn},room={row.room} {','.join(told)} {row.time_ms}"
        for room, mrn, first, last in self.stays:
            for event, when in (("admitted", first), ("left", last)):
                yield f'stay,mrn={mrn},room={room} event="{event}" {simulated.to_ms(when)}'

    def last(self, hours: float, field: str = "", mrn: str = "") -> list[Row]:
        """The readings of the last hours that have this field, by time; of one patient where that is given."""
        return [
            row
            for row in self.rows
            if at(row) >= NOW - hours * HOUR and (not field or field in row.fields) and mrn in ("", row.mrn)
        ]


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    return f"{value}i" if isinstance(value, int) else repr(value)
