"""sluice tail"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from local.commands.options import DATA, AsJson, Data, Kafka, Raw, Registry, Reveal
from local.errors import Misuse, nearest
from local.output import print_json_line, say

if TYPE_CHECKING:
    from local.brokers.base import Broker
    from runtime.record import Record


def tail(
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic to show.")],
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Begin with the first record.")
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with new records until stopped.")
    ] = False,
    last: Annotated[
        int | None,
        typer.Option(
            "--last", "-n", min=0, help="Begin with the last N records (10; none with --follow)."
        ),
    ] = None,
    data: Data = DATA,
    kafka: Kafka = None,
    reveal: Reveal = False,
    registry: Registry = None,
    raw: Raw = False,
    as_json: AsJson = False,
) -> None:
    """Show the records of a topic, one line each.

    The line is: partition:offset key time [headers] value. Names, addresses and the like are
    masked. Without --follow it ends where the topic ends.
    """
    from local import tail as lines
    from local.avro_values import reader
    from local.finding import open_broker
    from local.masking import Mask

    if from_start and last is not None:
        raise Misuse("--from-start and --last exclude each other; leave one of them away.")
    mask = Mask(reveal=reveal, avro=reader(registry, data, kafka, raw=raw))
    broker = open_broker(data, kafka)
    try:
        _check(topic, broker)
        for record in _records(broker, topic, from_start, follow, last):
            if as_json:
                print_json_line(lines.as_json(record, mask))
            else:
                say(lines.as_text(record, mask))
    finally:
        broker.close()


def _records(
    broker: Broker, topic: str, from_start: bool, follow: bool, last: int | None
) -> Iterator[Record]:
    from local.tail import latest

    if from_start:
        yield from broker.read(topic, follow=follow)
        return
    count = last if last is not None else 0 if follow else 10
    marks = broker.watermarks(topic)
    ends = {at: high for at, (_, high) in marks.items()}
    # The newest N of the topic are among the newest N of each partition.
    starts = {at: max(low, high - count) for at, (low, high) in marks.items()}
    if count:
        found = broker.read(topic, from_offsets=starts)
        yield from latest((r for r in found if r.offset < ends[r.partition]), count)
    if follow:
        yield from broker.read(topic, from_offsets=ends, follow=True)


def _check(topic: str, broker: Broker) -> None:
    known = broker.topics()
    if topic not in known:
        raise Misuse(f"There is no topic {topic!r}. {nearest(topic, known)}")
