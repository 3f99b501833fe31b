"""Moves a process's clock by the seconds that stand in a file; Python runs this at its start, where it is on the path.

`time.time` and `time.time_ns` are what the server takes its time from. The monotonic clock goes on, as it does when
somebody sets the real one. (Under libfaketime 0.9.10 an absolute sleep fails when its clock is set meanwhile.)
"""

import os
import time
from pathlib import Path

CLOCK = Path(os.environ["BEDSIDE_CHAOS_CLOCK"])
_right_ns = time.time_ns


def _time_ns() -> int:
    return _right_ns() + int(CLOCK.read_text()) * 10**9


time.time_ns = _time_ns
time.time = lambda: _time_ns() / 1e9
