"""What was freed goes back to the system."""

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import ctypes, pathlib, resource
from influxlite.storage.heap import give_back

def resident():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

c = ctypes.CDLL(None)
c.malloc.restype, c.malloc.argtypes, c.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
pieces = [c.malloc(100_000) for _ in range(2_000)]
for piece in pieces:
    ctypes.memset(piece, 1, 100_000)
last = c.malloc(100_000)  # stays, at the end of the heap: glibc does not look below it by itself
for piece in pieces:
    c.free(piece)
before = resident()
give_back()
print(before - resident())
"""


@pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "malloc_trim") or not Path("/proc/self/statm").exists(),
    reason="the C library gives nothing back, or the system does not tell",
)
def test_what_was_freed_is_given_back() -> None:
    """Of 200 MB that were freed below a piece that is still used, nearly all leaves the process."""
    told = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True).stdout
    assert int(told) > 150_000_000
