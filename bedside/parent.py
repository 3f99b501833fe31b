"""A part ends when whoever started it is gone: nothing is left behind that holds a port or a lock."""

import ctypes
import os
import signal
import sys
import threading
import time

PARENT = "BEDSIDE_PARENT"  # the process id of the supervisor, for the part that it starts
LOOK_EVERY_S = 0.5


def end_with_parent() -> None:
    """Ask the system to end this process when its parent ends (Linux), and look for ourselves as well (anywhere).

    Does nothing in a process that was not started by `bedside up`.
    """
    expected = os.environ.get(PARENT)
    if not expected:
        return
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
    threading.Thread(target=_watch, args=(int(expected),), name="parent-watch", daemon=True).start()


def _watch(expected: int) -> None:
    while os.getppid() == expected:
        time.sleep(LOOK_EVERY_S)
    os.kill(os.getpid(), signal.SIGTERM)
