"""sluice read-topics"""

from __future__ import annotations

from typing import Annotated

import typer

from local.commands.options import DATA, AsJson, Data, Kafka, Raw, Registry, Reveal
from local.output import print_json_line, say


def read_topics(
    last: Annotated[
        int, typer.Option("--last", "-n", min=1, help="Show the last N records of each topic.")
    ] = 10,
    data: Data = DATA,
    kafka: Kafka = None,
    reveal: Reveal = False,
    registry: Registry = None,
    raw: Raw = False,
    as_json: AsJson = False,
) -> None:
    """Show the last records of every topic, oldest first; see `sluice tail` for their form.

    Topics without records are counted at the end.
    """
    from local import tail as lines
    from local.avro_values import reader
    from local.finding import open_broker
    from local.masking import Mask

    mask = Mask(reveal=reveal, avro=reader(registry, data, kafka, raw=raw))
    empty = 0
    broker = open_broker(data, kafka)
    try:
        for topic in broker.topics():
            records = list(lines.newest(broker, topic, last))
            empty += not records
            if as_json:
                for record in records:
                    print_json_line(lines.as_json(record, mask))
            elif records:
                say("\n".join([topic, *(f"  {lines.as_text(each, mask)}" for each in records), ""]))
    finally:
        broker.close()
    if not as_json:
        say(f"{empty} topics hold no record.")
