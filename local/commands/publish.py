"""sluice publish"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local.commands.options import DATA, AsJson, Data, Kafka, Registry
from local.commands.topics import TopicsFile
from local.content import content_of
from local.errors import Misuse, nearest
from local.output import print_json, say, warn

if TYPE_CHECKING:
    from local.brokers.base import Broker


def publish(
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic to append to.")],
    content: Annotated[
        str,
        typer.Argument(
            metavar="DATA", help="The event's data; - reads standard input, @FILE a file."
        ),
    ],
    key: Annotated[str | None, typer.Option("--key", help="Key of the record.")] = None,
    time: Annotated[
        str | None, typer.Option("--time", metavar="RFC3339", help="Time of the event.")
    ] = None,
    id: Annotated[str | None, typer.Option("--id", help="CloudEvents id.")] = None,
    type: Annotated[str | None, typer.Option("--type", help="CloudEvents type.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="CloudEvents source.")] = None,
    headers: Annotated[
        list[str], typer.Option("--header", metavar="NAME=VALUE", help="Header of the record.")
    ] = [],  # noqa: B006 - typer copies it
    raw: Annotated[bool, typer.Option("--raw", help="Append the bytes as they are.")] = False,
    data: Data = DATA,
    kafka: Kafka = None,
    registry: Registry = None,
    topics: TopicsFile = None,
    as_json: AsJson = False,
) -> None:
    """Append one event to a topic.

    It becomes a structured CloudEvent, and Avro where the list of topics says so; with --raw the
    bytes go there as they are.
    """
    from local import publishing
    from local.finding import open_broker
    from runtime.record import Message

    extra = publishing.headers_of(headers)
    body = content_of(content)
    stamps = None
    if raw:
        _refuse_attributes(id, type, source)
        message = Message(topic, key, body, extra)
        # Without an envelope the record's own time is the event's.
        stamps = [int(publishing.moment(time).timestamp() * 1000)] if time else None
    else:
        message = publishing.envelope(
            topic,
            key,
            body,
            id=id,
            type=type,
            time=time,
            source=source or publishing.SOURCE,
            avro=_avro(topic, body, topics, registry, data, kafka),
        )
        message.headers.update(extra)
    broker = open_broker(data, kafka)
    try:
        _check(topic, broker)
        [(partition, offset)] = broker.publish([message], timestamps_ms=stamps)
    finally:
        broker.close()
    if not raw and publishing.is_text(body):
        warn("DATA is no JSON, so the event's data is text. --raw appends the bytes as they are.")
    if as_json:
        print_json({"topic": topic, "partition": partition, "offset": offset})
    else:
        say(f"{topic} partition {partition} offset {offset}")


def _refuse_attributes(*attributes: str | None) -> None:
    if any(attribute is not None for attribute in attributes):
        raise Misuse(
            "--id, --type and --source belong to the envelope, and --raw writes none. "
            "Leave them away, or leave --raw away."
        )


def _avro(
    topic: str,
    body: bytes,
    topics: Path | None,
    registry: str | None,
    data: Path,
    kafka: str | None,
) -> bytes | None:
    from local.topics import TOPICS_FILE
    from runtime.avro.topics import avro_topics

    if topic not in avro_topics(str(topics or TOPICS_FILE)):
        return None
    from local.avro_writing import written

    return written(topic, body, registry, data, kafka)


def _check(topic: str, broker: Broker) -> None:
    known = broker.topics()
    if topic not in known:
        raise Misuse(
            f"There is no topic {topic!r}. {nearest(topic, known)} "
            "`sluice topics apply` makes those of the topic list."
        )
