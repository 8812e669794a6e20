"""The embedded engine, round by round: each in a process and a data directory of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import msgspec

from local.bench import cpu, posting
from local.bench.program import Program
from local.bench.sample import Posted, Sample
from local.bench.trial import Size
from local.cluster import process
from local.cluster.ports import answers, free_port
from local.cluster.progress import Progress
from local.errors import Failure
from runtime.sidecars.embedded import Store

_PROGRAM = [sys.executable, "-m", "local.bench.embedded_program"]
_ROOT = Path(__file__).resolve().parents[2]
#: The service whose POST is measured, and the topic that its orders are on then.
_SERVICE, _TOPIC = "orders", "orders"
_START_SECONDS = 30.0


def run(*, rounds: int, size: Size, tell: Progress) -> tuple[list[Sample], list[Posted]]:
    """Run all rounds; nothing is left behind."""
    samples, posted = [], []
    for number in range(1, rounds + 1):
        with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
            tell("embedded", f"{size.events:,} events, {size.latencies:,} at a low rate")
            samples.append(_deliver(Path(folder) / "deliver", number, size))
            tell("embedded", f"{samples[-1].rate:,.0f} events/s")
            tell("embedded", f"{size.requests:,} requests")
            posted.append(_post(Path(folder), number, size.requests))
            tell("embedded", f"{posted[-1].rate:,.0f} requests/s")
    return samples, posted


def _deliver(data: Path, number: int, size: Size) -> Sample:
    command = [*_PROGRAM, "deliver", str(data), str(size.events), str(size.latencies)]
    done = subprocess.run(command, capture_output=True, env=_environment(), check=False)
    if done.returncode:
        raise Failure(f"The measured process failed: {done.stderr.decode()[-2000:]}")
    return replace(msgspec.json.decode(done.stdout, type=Sample), round=number)


def _post(folder: Path, number: int, count: int) -> Posted:
    data, port = folder / "serve", free_port()
    command = [*_PROGRAM, "serve", str(data), str(port), _SERVICE]
    with Program(command, _environment(), folder / "serve.log") as program:
        _wait_until_it_answers(program, port)
        posting.measure(port, "warm-up", posting.CLIENTS)
        before = cpu.seconds([program.process])
        rate = posting.measure(port, "posted", count)
        taken = cpu.seconds([program.process]) - before
    with Store.open(data, exclusive=False) as store:
        kept = sum(high for _, high in store.log.watermarks(_TOPIC).values()) - posting.CLIENTS
    return Posted(number, count, rate, taken, kept)


def _wait_until_it_answers(program: Program, port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not answers(port):
        program.check_alive()
        if time.monotonic() > deadline:
            raise Failure(f"The server does not answer after {_START_SECONDS:g} s.")
        time.sleep(process.LOOK_SECONDS)


def _environment() -> dict[str, str]:
    paths = [str(_ROOT), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
