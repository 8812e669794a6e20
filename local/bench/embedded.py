"""The embedded engine, round by round: each in a process and a data directory of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from local.bench import cpu, feeding, posting
from local.bench.contestants.base import Named
from local.bench.contestants.sluice import EMBEDDED
from local.bench.sample import Posted, Sample
from local.bench.served import run_program, serving
from local.bench.trial import Size
from local.cluster.progress import Progress
from runtime.sidecars.embedded import Store

_PROGRAM = "local.bench.embedded_program"
#: The service whose POST is measured, and the topic that its orders are on then.
_SERVICE, _TOPIC = "orders", "orders"


def run(
    contestants: Sequence[Named], *, rounds: int, size: Size, tell: Progress
) -> tuple[list[Sample], list[Posted]]:
    """Run all rounds; nothing is left behind. Requests come with the usual contestant."""
    samples, posted = [], []
    for number in range(1, rounds + 1):
        with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
            for each in contestants:
                tell(each.name, f"{size.events:,} events, {size.latencies:,} at a low rate")
                samples.append(_deliver(Path(folder) / each.name, each.name, number, size))
                tell(each.name, f"{samples[-1].rate:,.0f} events/s")
            if EMBEDDED not in contestants:
                continue
            tell("embedded", f"{size.requests:,} requests")
            posted.append(_post(Path(folder), number, size.requests))
            tell("embedded", f"{posted[-1].rate:,.0f} requests/s")
    return samples, posted


def _deliver(data: Path, name: str, number: int, size: Size) -> Sample:
    printed = run_program(_PROGRAM, "deliver", data, name, msgspec.json.encode(size).decode())
    return replace(msgspec.json.decode(printed, type=Sample), round=number)


def _post(folder: Path, number: int, count: int) -> Posted:
    data = folder / "serve"
    with serving(data, _SERVICE) as served:
        posting.measure(served.port, "warm-up", posting.CLIENTS)
        before = cpu.seconds([served.process])
        rate = posting.measure(served.port, "posted", count)
        taken = cpu.seconds([served.process]) - before
    with Store.open(data, exclusive=False) as store:
        kept = feeding.count(store, _TOPIC) - posting.CLIENTS
    return Posted(number, count, rate, taken, kept)
