"""A signal ends a server that has nothing to do, whenever it comes."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading

from local.serving import free_port
from runtime.signals import waking

#: The handler runs in the main thread only, and the system has called another one: so it is as if
#: the signal had come in the moment before the main thread went to sleep.
SERVED = """
import signal, sys, threading
from flask import Flask
from runtime.server import Server

server = Server(Flask("idle"), "127.0.0.1", int(sys.argv[1]), threads=1)
signal.signal(signal.SIGTERM, lambda *_: server.stop())
told = lambda: signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
server.serve(lambda: threading.Timer(0.5, told).start())
"""


def test_a_signal_ends_a_server_that_sleeps_already() -> None:
    words = [sys.executable, "-c", SERVED, str(free_port("127.0.0.1"))]

    assert subprocess.run(words, timeout=60, check=False).returncode == 0


def test_what_was_woken_before_is_woken_after() -> None:
    before = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(before)

    async def nothing() -> None:
        with waking(asyncio.get_running_loop()):
            assert signal.set_wakeup_fd(-1) != before

    asyncio.run(nothing())

    assert signal.set_wakeup_fd(before) == before


def test_a_loop_of_another_thread_is_left_alone() -> None:
    async def nothing() -> None:
        with waking(asyncio.get_running_loop()):
            pass

    beside = threading.Thread(target=lambda: asyncio.run(nothing()))
    beside.start()
    beside.join(10)

    assert not beside.is_alive()
