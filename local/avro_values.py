"""Avro values as JSON, for whoever looks at records; and JSON as Avro, for who changes one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from local.errors import Misuse
from local.finding import SCHEMAS
from local.output import warn

# Imported where it is needed: `sluice --help`, and a log without Avro, need none of it.
if TYPE_CHECKING:
    from runtime.avro.codec import Codec
    from runtime.avro.registry import SchemaRegistry
    from runtime.avro.topics import AvroTopics
    from runtime.spec import FunctionSpec

#: How long a registry may take to answer a tool.
SECONDS = 10.0
#: How a value begins that is Avro, and no JSON does.
_MAGIC = b"\0"

Readable = Callable[[bytes], bytes | None]


class AvroValues:
    """The values of one system, by the registry that was named or that of the data directory.

    Nothing is opened before a value is Avro. Without any place no value can be read.
    """

    def __init__(
        self, registry: str | None = None, data: Path | None = None, kafka: str | None = None
    ) -> None:
        self._place = registry, data, kafka
        self._codec: Codec | None = None
        self._told = False

    def json_of(self, value: bytes) -> bytes | None:
        """Return an Avro value as JSON; None for what is none. Raises DecodeError, PlatformDown.

        Raises Misuse when nobody has said where its schema is.
        """
        return self._opened().read(value) if value.startswith(_MAGIC) else None

    def shown(self, value: bytes) -> bytes | None:
        """Return it as JSON; None when it cannot be read, whatever the reason.

        A registry that does not answer is told once.
        """
        from runtime.errors import DecodeError, PlatformDown

        try:
            return self.json_of(value)
        except (DecodeError, Misuse):
            return None
        except PlatformDown as error:
            if not self._told:
                warn(f"Avro values are shown as bytes: {error}")
                self._told = True
            return None

    def rewritten(self, value: bytes, document: bytes) -> bytes:
        """Return a document as Avro, by the schema that `value` is written by.

        Raises ValueError when it is not of that schema, or when JSON cannot say what `value` is:
        of a union of text and bytes, say, it does not tell which one was meant.
        """
        from local.avro_encoding import encoded
        from runtime.avro.codec import schema_id

        codec, id = self._opened(), schema_id(value)
        if codec.datum(encoded(codec, id, codec.read(value))) != codec.datum(value):
            raise ValueError(f"A value of the schema {id} is not the same after it was JSON")
        return encoded(codec, id, document)

    def topics(self, *names: str) -> AvroTopics:
        """Return how the runtime reads these topics: as Avro, if it is known where schemas are."""
        from runtime.avro.topics import NO_AVRO, AvroTopics

        if self._codec is None and address_of(*self._place) is None:
            return NO_AVRO
        return AvroTopics(names, self._opened())

    def close(self) -> None:
        """Let go of the registry."""
        if self._codec is not None:
            self._codec.registry.close()

    def _opened(self) -> Codec:
        from runtime.avro.codec import Codec

        if self._codec is None:
            address = address_of(*self._place)
            if address is None:
                raise Misuse(
                    "The value is Avro, and nobody has said where its schema is. "
                    "Name the registry with --registry, or set SLUICE_SCHEMA_REGISTRY."
                )
            self._codec = Codec(open_at(address))
        return self._codec


def reader(registry: str | None, data: Path, kafka: str | None, *, raw: bool = False) -> Readable:
    """Return what makes JSON of an Avro value; None of what cannot be read, whatever the reason.

    With `raw` nothing is read.
    """
    return (lambda value: None) if raw else AvroValues(registry, data, kafka).shown


def topics_read_by(
    spec: FunctionSpec, listed: Path | None, registry: str | None, data: Path, kafka: str | None
) -> AvroTopics:
    """Return which topics are Avro for a function, by the list of topics, as its service does it.

    Raises SluiceError when its topic is, and nobody has said where the schemas are.
    """
    from local.topics import TOPICS_FILE
    from runtime.avro.topics import open_topics
    from runtime.outages import Outages
    from runtime.settings import Settings

    address = registry or ("" if kafka else str(data / SCHEMAS))
    settings = Settings(
        topics=str(listed or TOPICS_FILE),
        schema_registry=address,
        schema_registry_credentials=_credentials(),
        platform_seconds=SECONDS,
    )
    return open_topics([spec], settings, Outages())


def address_of(registry: str | None, data: Path | None, kafka: str | None) -> str | None:
    """Return where the schemas are: the registry that was named, or that of the data directory.

    None when there is none, as where no topic was ever Avro.
    """
    if registry:
        return registry
    if kafka or data is None:
        return None
    own = data / SCHEMAS
    return str(own) if own.exists() else None


def open_at(address: str) -> SchemaRegistry:
    """Open a registry, with the credentials of the environment."""
    from runtime.avro.registry import open_registry

    return open_registry(address, SECONDS, _credentials())


def _credentials() -> str:
    return os.environ.get("SLUICE_SCHEMA_REGISTRY_CREDENTIALS", "")
