"""The process that is measured on the embedded engine: one service, in a fresh data directory.

python -m local.bench.embedded_program deliver DIR NAME SIZE   prints a sample as JSON
python -m local.bench.embedded_program serve DIR PORT SERVICE  serves until SIGTERM
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from local.bench import latency
from local.bench.answers import Answers
from local.bench.contestants import sluice
from local.bench.feeding import APPEND, append
from local.bench.log_ends import LogEnds
from local.bench.sample import Cpu, Sample
from local.bench.trial import Size
from local.bench.workload import PARTITIONS, Workload, products, stock_levels
from local.loading import load_functions
from local.serving import Embedded
from local.topics import Topic
from runtime import log, memory, wire
from runtime.engine import EmbeddedEngine
from runtime.errors import SluiceError
from runtime.record import Record
from runtime.registry import Registry
from runtime.settings import Settings
from runtime.sidecars.embedded import Store

_WARM_UP = 200
_PATIENCE_SECONDS = 300.0


def deliver(data: Path, name: str, size: Size) -> Sample:
    """Measure one round: as a trial on the cluster, with log, function and clock in here.

    `name` is that of the contestant.
    """
    function, filler = sluice.specs()
    orders, results = str(function.trigger), function.publishes[0]
    in_turn = products(size.events) if name == sluice.EMBEDDED_OWN_ROWS.name else []
    workload = Workload("embedded", orders, in_turn)
    with Store.open(data, partitions=dict.fromkeys([orders, results], PARTITIONS)) as store:
        engine = EmbeddedEngine(only(function.service), store)
        store.publish(stock_levels(str(filler.trigger), in_turn))
        engine.start()
        memory.relax()  # as in every process that serves
        append(store, workload.orders(_WARM_UP))
        settle(engine)
        taken_ms = latency.measure(LogEnds(store, results), workload.orders(size.latencies))
        sent = workload.orders(size.events)
        before, began = time.process_time(), time.time()
        append(store, sent)
        settle(engine)
        cpu = Cpu(app=time.process_time() - before)
        seconds = Answers.of(_all(store, results)).last - began
        rate = size.events / seconds / 2
        half_ms = latency.measure(LogEnds(store, results), workload.orders(size.at(rate)), rate)
        settle(engine)
        answers = Answers.of(_all(store, results))
        checked = answers.check(workload.made, _reserved(store, function.service, in_turn))
        engine.stop()
    return Sample(name, 0, size.events, seconds, cpu, checked, taken_ms, half_ms)


def serve(data: Path, port: int, service: str) -> None:
    """Serve the HTTP functions of one service."""
    registry = only(service)
    published = {name for spec in registry.functions() for name in spec.publishes}
    topics = {name: Topic(name, PARTITIONS) for name in published}
    Embedded(registry, data, topics, replace(Settings(), port=port)).serve(lambda: None)


def only(service: str) -> Registry:
    """The functions of one service of the product; the others are not loaded, as on Dapr."""
    return load_functions([f"{sluice.PACKAGE}.{service}"])


def settle(engine: EmbeddedEngine, patience_seconds: float = _PATIENCE_SECONDS) -> None:
    """Wait until everything on the log is delivered. Raises SluiceError when it takes too long."""
    if not engine.wait_idle(patience_seconds):
        raise SluiceError(f"The engine is not done after {patience_seconds:g} s.")


def _all(store: Store, topic: str) -> Iterator[Record]:
    reader = store.reader(topic, until=store.log.last_seq())
    while records := reader.read(APPEND):
        yield from records


def _reserved(store: Store, service: str, names: Sequence[str]) -> int:
    rows = store.get(service, [sluice.ROW.format(name) for name in names or products()])
    return sum(int(wire.decode(row.value)["reserved"]) for row in rows.values())


def main(arguments: list[str]) -> None:
    """Do as the arguments say."""
    log.configure("warning")
    match arguments:
        case ["deliver", data, name, size]:
            found = deliver(Path(data), name, msgspec.json.decode(size, type=Size))
            sys.stdout.buffer.write(wire.encode(found))
        case ["serve", data, port, service]:
            serve(Path(data), int(port), service)
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
