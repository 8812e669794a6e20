"""What the application on Dapr tells malloc."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

#: Prints how many arenas there are after sixteen threads have allocated at once.
PROGRAM = """
import ctypes, sys, threading
from runtime import memory
if sys.argv[1] == "shared":
    memory.share()
threads, all_there = [], threading.Barrier(16)
def allocate():
    held = bytearray(10_000)
    all_there.wait()
for _ in range(16):
    threads.append(threading.Thread(target=allocate))
    threads[-1].start()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


def arenas(how: str) -> int:
    words = [sys.executable, "-c", PROGRAM, how]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.count("<heap ")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another libc has no such arenas")
def test_threads_share_two_arenas() -> None:
    assert arenas("shared") == 2
    assert arenas("alone") > 2
