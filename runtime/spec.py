"""What a function declares: its trigger, its tables, what it publishes, how it fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from msgspec import Struct

from runtime.retries import Retries


@dataclass(frozen=True)
class Topic:
    """Triggered by every event of a Kafka topic."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Http:
    """Triggered by a request; `path` may hold `{names}`."""

    method: str
    path: str

    @property
    def names(self) -> list[str]:
        """The names in braces, in order."""
        return re.findall(r"{(\w+)}", self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Every:
    """Triggered by the clock."""

    seconds: float
    text: str

    def __str__(self) -> str:
        return f"every {self.text}"


@dataclass(frozen=True)
class TableSpec:
    """One table a function asks for. Functions of one service share it by its name."""

    name: str
    row_type: Any
    listed: bool = False


class Outgoing(Struct, frozen=True):
    """One event to publish, where the plain value does not say enough.

    `topic` is needed when the function publishes to several; `key` defaults to `data.key`, then
    to the key of the event that caused it; `time` to that event's time. With `plain` the record's
    value is the data alone, for readers that know nothing of CloudEvents: its attributes are
    headers of the record then.
    """

    data: Any
    topic: str | None = None
    key: str | None = None
    time: Any = None
    id: str | None = None
    plain: bool = False


class Response(Struct, frozen=True):
    """What an HTTP function answers; `publish` is published before the client gets it."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = {}
    content_type: str = "application/json"
    publish: Any = ()


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function and where its value comes from.

    `source` is one of data, batch, event, clock, table, timers, resource, path, query, body,
    headers. A batch is a list of data, and `type` says what of.
    """

    name: str
    source: str
    type: Any
    default: Any = None
    required: bool = True


@dataclass(frozen=True, kw_only=True)
class FunctionSpec:
    """Everything the runtime knows of one function. Made by the decorator, never by hand."""

    name: str
    service: str
    call: Callable[..., Any]
    trigger: Topic | Http | Every
    publishes: tuple[str, ...]
    #: What the events for a topic are, where `publishes={"orders": Order}` says so.
    types: Mapping[str, Any] = field(default_factory=dict)
    retries: Retries
    ordered: bool
    batch: int
    when: Callable[[Any], bool] | None
    #: Table -> the keys that an event will need, told from its data.
    reads: Mapping[str, Callable[..., Iterable[str]]]
    #: Of these the tables whose keys are told from the data and its Event.
    reads_with_event: frozenset[str]
    fills_table: bool
    waits: bool
    unique: Callable[[Any], str] | None
    parameters: tuple[Parameter, ...]
    doc: str

    @cached_property
    def id(self) -> str:
        """Service and name, e.g. `inventory.validate_inventory`; unique in an application."""
        return f"{self.service}.{self.name}"

    @cached_property
    def source(self) -> str:
        """What its events name as their `source` (CloudEvents 1.0): a relative URI."""
        return f"/{self.service}/{self.name}"

    @cached_property
    def data_type(self) -> Any:
        """The type that the event's data, or the request's body, is decoded to."""
        given = (p.type for p in self.parameters if p.source in ("data", "batch", "body"))
        return next(given, Any)

    @cached_property
    def takes_many(self) -> bool:
        """Whether it is called with a list of events instead of one."""
        return any(p.source == "batch" for p in self.parameters)

    @property
    def tables(self) -> list[TableSpec]:
        """The tables it asks for, by parameter name."""
        return [
            TableSpec(p.name, p.type, getattr(p.type, "__listed__", False))
            for p in self.parameters
            if p.source == "table"
        ]

    @cached_property
    def retry_topic(self) -> str:
        """Read by this function alone: replayed events come this way."""
        return f"{self.id}.retry"

    @cached_property
    def dead_letter_topic(self) -> str:
        """Where its events go that cannot be handled."""
        return f"{self.id}.dead-letters"
