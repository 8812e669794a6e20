"""What `sluice publish` appends to a topic that is Avro.

Functions write by the schema of their own type. A tool has none, and takes the topic's newest one.
"""

from __future__ import annotations

from pathlib import Path

from local.avro_encoding import encoded
from local.avro_values import address_of, open_at
from local.errors import Failure, Misuse


def written(
    topic: str, document: bytes, registry: str | None, data: Path, kafka: str | None
) -> bytes:
    """Return the value of a record: Avro by the topic's newest schema, in Confluent's framing.

    Raises Misuse when the document is not of that schema, Failure when there is no schema.
    """
    from runtime.avro.codec import Codec
    from runtime.avro.topics import subject_of

    address = address_of(registry, data, kafka)
    asked = open_at(address) if address else None
    id = asked.newest(subject_of(topic)) if asked else None
    if asked is None or id is None:
        raise Failure(
            f"The topic {topic!r} is Avro, and nothing has its schema yet. Start the functions "
            "that publish to it, or name the registry with --registry; --raw appends bytes."
        )
    try:
        return encoded(Codec(asked), id, document, topic)
    except ValueError as error:
        raise Misuse(f"DATA is not of the schema {id} of {topic!r}: {error}.") from None
