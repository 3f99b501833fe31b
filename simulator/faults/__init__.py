"""The faults of monitors and their networks, one file each. The order of `FAULTS` is that of the help page."""

from simulator.errors import OptionsError
from simulator.faults.drift import Drift
from simulator.faults.duplicates import Duplicates
from simulator.faults.fault import Fault, Loss
from simulator.faults.late import Late
from simulator.faults.lost import Lost
from simulator.faults.outage import Outage
from simulator.faults.two_monitors import TwoMonitors

FAULTS: dict[str, type[Fault]] = {kind.name: kind for kind in (Lost, Outage, Late, Drift, Duplicates, TwoMonitors)}

__all__ = ["FAULTS", "Fault", "Loss", "assign", "names"]


def names(text: str) -> tuple[str, ...]:
    """`all`, or fault names with commas between them, as a tuple; OptionsError names one that does not exist."""
    if text.strip() == "all":
        return tuple(FAULTS)
    chosen = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    unknown = [name for name in chosen if name not in FAULTS]
    if unknown:
        raise OptionsError(f"no fault is called {unknown[0]!r}; there are {', '.join(FAULTS)}, and all")
    return chosen


def assign(chosen: tuple[str, ...], rooms: list[str], seed: int) -> dict[str, list[Fault]]:
    """Which room has which faults: a fault of the network has every room, the others take turns.

    Every room has at least one of the others and every one of the others at least one room, so that a small ward shows
    them all, too.
    """
    everywhere = [name for name in chosen if FAULTS[name].everywhere]
    local = [name for name in chosen if not FAULTS[name].everywhere]
    result: dict[str, list[Fault]] = {}
    for index, room in enumerate(rooms):
        mine = list(everywhere)
        if local:
            mine += [local[i] for i in range(len(local)) if i % len(rooms) == index] or [local[index % len(local)]]
        result[room] = [FAULTS[name](seed, room) for name in mine]
    return result
