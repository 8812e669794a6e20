"""Avro values as JSON, for whoever looks at records; and JSON as Avro, for who appends one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from local.finding import SCHEMAS
from local.output import warn

#: How long a registry may take to answer a tool.
SECONDS = 10.0

Readable = Callable[[bytes], bytes | None]


def address_of(registry: str | None, data: Path, kafka: str | None) -> str | None:
    """Return where the schemas are: the registry that was named, or that of the data directory.

    None when there is none, as where no topic was ever Avro.
    """
    if registry:
        return registry
    own = data / SCHEMAS
    return str(own) if not kafka and own.exists() else None


def reader(registry: str | None, data: Path, kafka: str | None, *, raw: bool = False) -> Readable:
    """Return what makes JSON of an Avro value; None of what cannot be read, whatever the reason.

    A registry that does not answer is told once. With `raw` nothing is read.
    """
    address = address_of(registry, data, kafka)
    if address is None or raw:
        return lambda value: None
    # Imported here: `sluice --help`, and a log without Avro, need none of it.
    from runtime.avro.codec import Codec
    from runtime.avro.registry import open_registry
    from runtime.errors import DecodeError, PlatformDown

    codec = Codec(open_registry(address, SECONDS))
    told: list[str] = []

    def read(value: bytes) -> bytes | None:
        try:
            return codec.read(value)
        except DecodeError:
            return None
        except PlatformDown as error:
            if not told:
                warn(f"Avro values are shown as bytes: {error}")
                told.append(address)
            return None

    return read
