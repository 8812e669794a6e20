"""How long do the commands on dead letters take when there are very many?

    .venv/bin/python -m local.bench.dead_letters             # 100,000 on both brokers
    .venv/bin/python -m local.bench.dead_letters 5000 --embedded

Each command runs as a process of its own, as a person starts it: its figures are from start to
end, the processor's time beside the clock's. What it printed is checked.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from local.bench import cluster
from local.brokers.base import Broker
from local.brokers.embedded import EmbeddedBroker
from local.brokers.kafka import KafkaBroker
from local.cluster.progress import silent
from local.errors import Failure
from local.output import print_table, say
from runtime.dead_letters import DeadLetter
from runtime.record import Message, Record

FUNCTION = "notifications.send_invoice_email"
PARTITIONS = 3
#: Causes among the dead letters, so many lines of code apart.
CAUSES = 20
_BATCH = 1000
#: As long as a stack of a real failure: the runtime keeps 4,000 characters.
_STACK = "Traceback (most recent call last):\n" + "".join(
    f'  File "functions/notifications/send_invoice_email.py", line {line}, in send_invoice_email\n'
    "    mailer.send(letter_for(invoice, customer, organization))\n"
    for line in range(20)
)


@dataclass(frozen=True)
class Figure:
    """One command: `seconds` by the clock, `busy_seconds` of the processor."""

    command: str
    seconds: float
    busy_seconds: float


def fill(broker: Broker, count: int) -> None:
    """Write so many dead letters of one function."""
    topic = f"{FUNCTION}.dead-letters"
    broker.create(topic, PARTITIONS)
    for start in range(0, count, _BATCH):
        numbers = range(start, min(start + _BATCH, count))
        broker.publish([_letter(topic, number) for number in numbers])


def measure(place: Sequence[str], count: int) -> Iterator[Figure]:
    """Run the commands at a place, `--data DIR` or `--kafka HOST:PORT`; the replay is the last.

    Raises Failure when one prints something else than it should.
    """
    for words, found, wanted in (
        (["list", "--json"], len, count),
        (["list", "--text", f'"id":"{count - 1}"', "--json"], len, 1),
        (["groups", "--json"], len, min(CAUSES, count)),
        (
            ["show", f"{count // 2:032x}", "--json"],
            lambda shown: shown["event_id"],
            f"{count // 2}",
        ),
        (["replay", "--all", "--dry-run", "--json"], len, count),
        (["replay", "--all", "--json"], len, count),
        (["list", "--json"], len, 0),
        (["audit", "--json"], len, count),
    ):
        printed, figure = _run([*words, *place])
        if found(printed) != wanted:
            raise Failure(
                f"sluice dlq {' '.join(words)} found {found(printed)}; expected {wanted}."
            )
        yield figure


def _letter(topic: str, number: int) -> Message:
    key = f"customer-{number % 1000}"
    value = b'{"specversion":"1.0","id":"%d","source":"/bench","data":{"id":"%d","total":12.50}}'
    record = Record("invoices", number % PARTITIONS, number, key, value % (number, number), {}, 0)
    moment = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)).isoformat()
    return DeadLetter(
        id=f"{number:032x}",
        function=FUNCTION,
        error="Throttled",
        message=f"The provider took no mail to {key}@example.com: 454 Throttling failure.",
        stack=_STACK,
        cause=f"Throttled in mailer.py:{number % CAUSES} send",
        attempts=15,
        retries=4,
        first_failed=moment,
        last_failed=moment,
        origin_topic="invoices",
        origin_partition=record.partition,
        origin_offset=number,
        origin_timestamp=0,
        event_id=str(number),
        event_source="/bench",
    ).to_message(topic, record)


def _run(words: Sequence[str]) -> tuple[list[object] | dict[str, object], Figure]:
    started = time.monotonic()
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen([sys.executable, "-m", "local", "dlq", *words], stdout=output)
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            raise Failure(f"sluice dlq {' '.join(words)} ended with {child.returncode}.")
        output.seek(0)
        return json.load(output), Figure(
            " ".join(words[:-2]), seconds, used.ru_utime + used.ru_stime
        )


@contextmanager
def _embedded() -> Iterator[tuple[Broker, list[str]]]:
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as data:
        broker = EmbeddedBroker(data)
        yield broker, ["--data", data]
        broker.close()


@contextmanager
def _on_kafka() -> Iterator[tuple[Broker, list[str]]]:
    with cluster.own(None, silent) as own:
        broker = KafkaBroker(own.kafka)
        yield broker, ["--kafka", own.kafka]
        broker.close()


def main(
    count: Annotated[int, typer.Argument(min=1)] = 100_000,
    embedded: Annotated[bool, typer.Option("--embedded", help="Without Kafka.")] = False,
) -> None:
    """Measure the commands on dead letters."""
    for name, opened in (("embedded", _embedded), ("Kafka", _on_kafka))[: 1 if embedded else 2]:
        with opened() as (broker, place):
            fill(broker, count)
            figures = list(measure(place, count))
        say(f"{count:,} dead letters, {name}")
        rows = [
            (f"dlq {f.command}", f"{f.seconds:.1f} s", f"{f.busy_seconds:.1f} s") for f in figures
        ]
        print_table(("COMMAND", "TIME", "PROCESSOR"), rows)


if __name__ == "__main__":
    typer.run(main)
