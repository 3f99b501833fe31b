"""The demo's ward: twelve rooms whose last twelve hours are sent as history, then live; run as a part of `bedside up`.

It is the same ward at every start: when it began is kept in the data folder, and a later start goes on from now.
"""

import json
import os
import signal
import sys
import threading
from pathlib import Path

from bedside.parent import end_with_parent
from bedside.secrets import find_api_token
from bedside.settings import Settings
from bedside.supervisor import Part
from simulator import SimulateOptions, simulate
from simulator.times import MINUTE_MS, now_ms

ROOMS = 12
FIRST_ROOM, FIRST_MRN = 1, 1001
HISTORY_MS = 12 * 60 * MINUTE_MS
LIVE_EVERY_S = 10.0


def part(settings: Settings) -> Part:
    """The supervised process."""
    environment = {
        "BEDSIDE_DATA": str(settings.data),
        "BEDSIDE_HOST": settings.host,
        "BEDSIDE_PORT": str(settings.port),
    }
    return Part("demo", [sys.executable, "-m", "bedside.demo"], environment)


def began_ms(settings: Settings) -> int:
    """When the ward of this data folder began: twelve hours before its first start, on a minute."""
    kept = settings.data / "demo.json"
    if kept.exists():
        return int(json.loads(kept.read_text())["began_ms"])
    began = (now_ms() - HISTORY_MS) // MINUTE_MS * MINUTE_MS
    new = kept.with_suffix(".new")
    new.write_text(json.dumps({"began_ms": began}) + "\n")
    new.replace(kept)
    return began


def main() -> None:
    """Send history, then live, until told to stop."""
    end_with_parent()
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    settings = Settings.load(data=Path(os.environ["BEDSIDE_DATA"]))
    began = began_ms(settings)
    token = find_api_token(settings) or ""
    options = SimulateOptions(
        url=settings.api_url,
        token=token,
        clinician_token=token,
        rooms=ROOMS,
        first_room=FIRST_ROOM,
        first_mrn=FIRST_MRN,
        hours=HISTORY_MS / 3_600_000,
        mode="both",
        start_ms=began,
        live_interval_s=LIVE_EVERY_S,
        night_at_end=True,
    )
    report = simulate(options, stop=stop)
    for line in report.lines():
        sys.stdout.write(line + "\n")
    sys.exit(0 if report.ok or stop.is_set() else 1)


if __name__ == "__main__":
    main()
