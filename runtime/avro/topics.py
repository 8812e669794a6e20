"""Which topics hold Avro, and what their values are as JSON and the other way.

The list of topics says so (`format = "avro"`, SLUICE_TOPICS): the same file that makes them, so
that a topic has one format and not one for each process.
"""

from __future__ import annotations

import collections.abc
import threading
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtime.errors import DeclarationError, SluiceError
from runtime.record import Record
from runtime.settings import Settings
from runtime.spec import FunctionSpec, Outgoing, Response

if TYPE_CHECKING:
    from runtime.avro.codec import Codec
    from runtime.outages import Outages

#: What `format =` may say of a topic.
FORMATS = ("json", "avro")
AVRO = "application/avro"
#: How a JSON document may begin.
_JSON = b'{["-0123456789tfn \t\r\n'


class AvroTopics:
    """The topics whose values are Avro; what is on others is left as it is.

    `published` says of which type the events for each of them are. Safe to call from many threads.
    """

    def __init__(
        self,
        names: Iterable[str] = (),
        codec: Codec | None = None,
        published: Mapping[str, Any] | None = None,
    ) -> None:
        self._names = frozenset(names)
        self._codec = codec
        self._published = published or {}
        self._ids: dict[str, int] = {}
        self._lock = threading.Lock()

    def json_of(self, record: Record) -> bytes | None:
        """Return an Avro value as JSON; None for what is JSON already, or a tombstone.

        JSON on an Avro topic is what was there before the topic's format was changed. Raises
        DecodeError for what is neither, PlatformDown when the registry is away.
        """
        if record.topic not in self._names or not record.value:
            return None
        if record.value[0] in _JSON:
            return None
        return self._asked.read(record.value)

    def value_of(self, topic: str, data: object) -> bytes | None:
        """Return the value of an event for a topic; None where that is JSON.

        Raises SluiceError for what the topic's schema cannot say, PlatformDown.
        """
        if topic not in self._names:
            return None
        try:
            return self._asked.write(self._id(topic), data)
        except (ValueError, TypeError, OverflowError, AttributeError, LookupError) as error:
            raise SluiceError(
                f"A {type(data).__name__} for the Avro topic {topic!r} is not of its schema: "
                f"{error}."
            ) from error

    def register(self) -> None:
        """Make known what is published. Raises SchemaRefused, PlatformDown."""
        for topic in self._published:
            self._id(topic)

    def close(self) -> None:
        """Let go of the registry."""
        if self._codec is not None:
            self._codec.registry.close()

    @property
    def _asked(self) -> Codec:
        assert self._codec is not None
        return self._codec

    def _id(self, topic: str) -> int:
        with self._lock:
            if topic not in self._ids:
                from runtime.avro.schemas import schema_of

                schema = schema_of(self._published[topic])
                self._ids[topic] = self._asked.register(subject_of(topic), schema)
            return self._ids[topic]


#: What most processes have.
NO_AVRO = AvroTopics()


def subject_of(topic: str) -> str:
    """Return the name under which the schemas of a topic's values are kept."""
    return f"{topic}-value"


def open_topics(
    functions: Iterable[FunctionSpec], settings: Settings, outages: Outages
) -> AvroTopics:
    """Return what the functions need to know of Avro; nothing is asked of the registry yet.

    Raises SluiceError when the list of topics cannot be read, or no registry is named, and
    DeclarationError when a function does not say what it publishes to an Avro topic.
    """
    functions = list(functions)
    used: set[str] = set()
    for spec in functions:
        used.update((str(spec.trigger), *spec.publishes))
    names = avro_topics(settings.topics) & used
    if not names:
        return AvroTopics()
    if not settings.schema_registry:
        raise SluiceError(
            f"The topic {min(names)!r} is Avro, and no registry has its schemas. Set "
            "SLUICE_SCHEMA_REGISTRY to the address of one, such as http://127.0.0.1:8081."
        )
    # Here, and not above: who has no Avro topic need not carry the libraries.
    from runtime.avro.codec import Codec
    from runtime.avro.registry import open_registry

    registry = open_registry(
        settings.schema_registry, settings.platform_seconds, settings.schema_registry_credentials
    )
    return AvroTopics(names, Codec(registry, outages), published_types(functions, names))


def avro_topics(path: str) -> frozenset[str]:
    """Read from the list of topics which of them are Avro; none when there is no list."""
    if not path:
        return frozenset()
    try:
        document = tomllib.loads(Path(path).read_text())
        usual = document.get("defaults", {}).get("format", "json")
        formats = {
            name: topic.get("format", usual) for name, topic in document.get("topics", {}).items()
        }
    except (OSError, ValueError, AttributeError) as error:
        raise SluiceError(f"The list of topics {path!r} cannot be read: {error}.") from error
    for name, found in formats.items():
        if found not in FORMATS:
            raise SluiceError(
                f"The format of the topic {name!r} is {found!r}; expected {' or '.join(FORMATS)}."
            )
    return frozenset(name for name, found in formats.items() if found == "avro")


def published_types(functions: Sequence[FunctionSpec], names: Iterable[str]) -> dict[str, Any]:
    """Return the type of what the functions publish to each of these topics.

    A topic has one type: its readers find it under one subject. Raises DeclarationError with all
    that does not say it, or says another one.
    """
    found: dict[str, tuple[Any, str]] = {}
    problems: list[str] = []
    for topic in sorted(names):
        for spec in functions:
            if topic not in spec.publishes:
                continue
            said = spec.types.get(topic) or _returned(spec)
            if said is None:
                problems.append(
                    f"{spec.id} does not say what it publishes to the Avro topic {topic!r}; "
                    f"expected its type, as in publishes={{{topic!r}: Order}}"
                )
                continue
            first, other = found.setdefault(topic, (said, spec.id))
            if first != said:
                problems.append(
                    f"{spec.id} publishes {said} to the Avro topic {topic!r}, "
                    f"and {other} publishes {first}; expected one type"
                )
    if problems:
        listed = "".join(f"\n  - {problem}" for problem in problems)
        raise DeclarationError(f"What is published cannot be Avro:{listed}")
    return {topic: said for topic, (said, _) in found.items()}


def _returned(spec: FunctionSpec) -> Any:
    """The type of the events that a function returns, as far as its annotation says it."""
    said = typing.get_type_hints(spec.call, include_extras=True).get("return")
    kinds = [kind for kind in _options(said) if kind is not type(None)]
    if len(kinds) == 1 and _is_several(kinds[0]):
        kinds = [kind for kind in _options(typing.get_args(kinds[0])[0])]
    if not kinds or any(kind in (None, Any, Outgoing, Response) for kind in kinds):
        return None
    return kinds[0] if len(kinds) == 1 else typing.Union[tuple(kinds)]  # noqa: UP007


def _options(said: Any) -> Sequence[Any]:
    is_union = typing.get_origin(said) in (typing.Union, types.UnionType)
    return typing.get_args(said) if is_union else (said,)


def _is_several(said: Any) -> bool:
    origin = typing.get_origin(said)
    return (
        isinstance(origin, type)
        and issubclass(origin, collections.abc.Iterable)
        and not issubclass(origin, dict)
        and bool(typing.get_args(said))
    )
