"""The decorator: a plain function in, the same function with a spec out."""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from runtime.clock import Clock
from runtime.errors import DeclarationError
from runtime.event import Event
from runtime.headers import Headers
from runtime.options import (
    BEHIND_ALL,
    TAKEN,
    is_topic,
    topics_of,
    types_of,
    with_event,
    wrong_reads,
    wrong_values,
)
from runtime.retries import Retries
from runtime.spec import Every, FunctionSpec, Http, Parameter, Topic
from runtime.table import Table
from runtime.timers import Timers

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    "subscribes",
    "http",
    "every",
    "publishes",
    "retries",
    "ordered",
    "batch",
    "when",
    "reads",
    "fills_table",
    "waits",
    "unique",
)
_EVERY = re.compile(r"(\d+(?:\.\d+)?)(s|m|h)")
_UNITS = {"s": 1, "m": 60, "h": 3600}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_PATH = re.compile(r"/(?:[^\s{}<>?#%]|{\w+})*")


def function(*bare: Any, **options: Any) -> Callable[[F], F]:
    """Declare what triggers the function and what it publishes; it stays the function it was.

    Exactly one trigger: `subscribes="topic"`, `http="POST /v1/orders"` or `every="10s"`. A topic
    function whose first parameter is a list is called once for many events; where it raises, they
    are tried in halves down to single ones, so what it does outside must bear to be done again.
    `reads={"stock": lambda order: [order.product]}` names the rows that an event will need, which
    are then read for a whole batch at once; `lambda order, event: [event.key]` is given the Event
    too. A row that it does not name is read when it is asked for, alone: some 1 ms each on Dapr.
    `batch=100` is the most events of one unit of work, 5,000 where nothing is said; the embedded
    engine takes no more than 3,000 unless the function fills a table.
    See README and `runtime/spec.py` for the other options. Raises DeclarationError, with every
    problem in one message, when it is applied: a wrong declaration never meets an event.
    """
    if bare:  # `@function` alone, where Python hands over the function itself
        name = getattr(bare[0], "__qualname__", repr(bare[0]))
        raise DeclarationError(
            f"The function {name!r} is declared wrongly:\n  - @function takes options by name; "
            'expected e.g. @function(subscribes="orders")'
        )

    def declare(call: F) -> F:
        call.spec = _Declaration(call, options).spec()  # type: ignore[attr-defined]
        return call

    return declare


class _Declaration:
    """One use of the decorator while it is checked."""

    def __init__(self, call: Callable[..., Any], options: Mapping[str, Any]) -> None:
        self.call = call
        self.options = options
        self.problems: list[str] = []
        self.hints = self._read_hints()

    def spec(self) -> FunctionSpec:
        self._refuse_unknown_options()
        self._check_call()
        trigger = self._trigger()
        parameters = self._parameters(trigger)
        publishes = self._publishes(trigger)
        self._check_options(trigger, parameters)
        if self.problems:
            listed = "".join(f"\n  - {problem}" for problem in self.problems)
            raise DeclarationError(
                f"The function {self.call.__name__!r} ({self.call.__module__}) "
                f"is declared wrongly:{listed}"
            )
        assert trigger is not None
        return FunctionSpec(
            name=self.call.__name__,
            service=_service_of(self.call.__module__),
            call=self.call,
            trigger=trigger,
            publishes=publishes,
            types=types_of(self.options.get("publishes")),
            retries=self.options.get("retries") or Retries(),
            # The latest row of a key must not be overtaken by an older one that failed at first.
            ordered=bool(self.options.get("ordered", self.options.get("fills_table", False))),
            batch=self.options.get("batch", 5000),
            when=self.options.get("when"),
            reads=self.options.get("reads") or {},
            reads_with_event=with_event(self.options.get("reads") or {}),
            fills_table=bool(self.options.get("fills_table", False)),
            waits=bool(self.options.get("waits", False)),
            unique=self.options.get("unique"),
            parameters=tuple(parameters),
            doc=inspect.getdoc(self.call) or "",
        )

    def _refuse_unknown_options(self) -> None:
        for name in self.options:
            if name not in _OPTIONS:
                self.problems.append(
                    f"unknown option {name!r}; expected one of {', '.join(_OPTIONS)}"
                )

    def _trigger(self) -> Topic | Http | Every | None:
        given = [name for name in ("subscribes", "http", "every") if self.options.get(name)]
        if len(given) != 1:
            self.problems.append(
                f"{len(given)} triggers ({', '.join(given) or 'none'}); "
                "expected exactly one of subscribes=, http=, every="
            )
            return None
        value = self.options[given[0]]
        return {"subscribes": self._topic, "http": self._http, "every": self._every}[given[0]](
            value
        )

    def _topic(self, value: str) -> Topic | None:
        if not is_topic(value):
            self.problems.append(f"subscribes={value!r} is no topic name Kafka allows")
            return None
        return Topic(value)

    def _http(self, value: str) -> Http | None:
        method, _, path = value.partition(" ") if isinstance(value, str) else ("", "", "")
        if method not in _METHODS or not _PATH.fullmatch(path):
            self.problems.append(f"http={value!r}; expected e.g. 'POST /v1/orders'")
            return None
        return Http(method, path)

    def _every(self, value: str) -> Every | None:
        found = _EVERY.fullmatch(value) if isinstance(value, str) else None
        if not found or float(found[1]) <= 0:
            self.problems.append(f"every={value!r}; expected a time such as '10s', '5m' or '1h'")
            return None
        return Every(float(found[1]) * _UNITS[found[2]], value)

    def _publishes(self, trigger: Topic | Http | Every | None) -> tuple[str, ...]:
        topics = topics_of(self.options.get("publishes"))
        returned = (self.hints or {}).get("return", Any)
        if topics and returned is type(None):
            listed = ", ".join(map(str, topics))
            self.problems.append(f"publishes {listed} but is annotated to return None")
        nothing = (type(None), Any, typing.NoReturn)
        if isinstance(trigger, Topic | Every) and not topics and returned not in nothing:
            self.problems.append("returns events but publishes= names no topic for them")
        return tuple(topics)

    def _read_hints(self) -> dict[str, Any] | None:
        try:
            return typing.get_type_hints(self.call)
        except Exception as error:
            self.problems.append(f"its annotations cannot be read: {error}")
            return None

    def _parameters(self, trigger: Topic | Http | Every | None) -> list[Parameter]:
        if self.hints is None:
            return []
        found = []
        for position, parameter in enumerate(inspect.signature(self.call).parameters.values()):
            if not self._is_named(parameter):
                continue
            hint = self.hints[parameter.name]
            source, wanted = self._source(trigger, position, parameter, hint)
            required = parameter.default is parameter.empty
            default = None if required else parameter.default
            found.append(Parameter(parameter.name, source, wanted, default, required))
        if isinstance(trigger, Topic) and not any(p.source in ("data", "batch") for p in found):
            self.problems.append("the first parameter must be the event's data, with its type")
        bodies = [p.name for p in found if p.source == "body"]
        if len(bodies) > 1:
            listed = ", ".join(map(repr, bodies))
            self.problems.append(f"two bodies ({listed}); expected one, a request has no more")
        return found

    def _is_named(self, parameter: inspect.Parameter) -> bool:
        """Can the runtime fill this parameter, by its name and type?"""
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            problem = "takes any number of values; expected each by a name of its own"
        elif parameter.kind is parameter.POSITIONAL_ONLY:
            problem = "cannot be given by its name; expected no '/' after it"
        elif parameter.name not in (self.hints or {}):
            problem = "has no type"
        else:
            return True
        self.problems.append(f"the parameter {parameter.name!r} {problem}")
        return False

    def _check_call(self) -> None:
        if inspect.iscoroutinefunction(self.call) or inspect.isasyncgenfunction(self.call):
            self.problems.append("is asynchronous; expected a plain def, it has a thread to itself")
        earlier = getattr(self.call, "__globals__", {}).get(self.call.__name__)
        if hasattr(earlier, "spec") and _is_another(earlier, self.call):
            self.problems.append(
                f"the name {self.call.__name__!r} is taken by an earlier function of this module, "
                "which would never be called"
            )

    def _source(
        self,
        trigger: Topic | Http | Every | None,
        position: int,
        parameter: inspect.Parameter,
        hint: Any,
    ) -> tuple[str, Any]:
        if typing.get_origin(hint) is Table:
            return "table", typing.get_args(hint)[0]
        if isinstance(hint, type):
            for kind, source in ((Event, "event"), (Clock, "clock"), (Timers, "timers")):
                if issubclass(hint, kind):
                    return source, hint
            if isinstance(trigger, Http) and issubclass(hint, Headers):
                return "headers", hint
            if callable(getattr(hint, "open", None)):
                return "resource", hint
        if isinstance(trigger, Topic) and position == 0:
            return self._event_or_list(hint)
        if isinstance(trigger, Http):
            if parameter.name in trigger.names:
                return "path", hint
            return ("body" if _is_structure(hint) else "query"), hint
        self.problems.append(
            f"the parameter {parameter.name!r} of type {hint!r} cannot be filled; expected a "
            "Table[Row], Event, Clock, Timers, or a class with a classmethod open(environ)"
        )
        return "unknown", hint

    def _event_or_list(self, hint: Any) -> tuple[str, Any]:
        """Is the function called for each event, or with a list of them?"""
        if hint is not list and typing.get_origin(hint) is not list:
            return "data", hint
        if not typing.get_args(hint):
            self.problems.append(
                "takes a list that does not say of what; expected e.g. list[Order]"
            )
            return "batch", Any
        return "batch", typing.get_args(hint)[0]

    def _check_options(
        self, trigger: Topic | Http | Every | None, parameters: Sequence[Parameter]
    ) -> None:
        self.problems += wrong_values(self.options)
        self.problems += wrong_reads(self.options.get("reads"))
        tables = {p.name for p in parameters if p.source == "table"}
        reads = self.options.get("reads")
        for name in reads if isinstance(reads, Mapping) else ():
            if name not in tables:
                self.problems.append(f"reads= names {name!r}, which is no Table parameter")
        for parameter in parameters:
            if parameter.source in ("table", "timers") and parameter.name in TAKEN:
                self.problems.append(
                    f"the name {parameter.name!r} is taken by the runtime's own rows; "
                    "expected another name for the table"
                )
            elif parameter.source in ("table", "timers") and parameter.name >= BEHIND_ALL:
                self.problems.append(
                    f"the name {parameter.name!r} sorts behind the runtime's last row; expected "
                    f"a name for the table that sorts before {BEHIND_ALL!r}"
                )
        if any(p.source == "batch" for p in parameters):
            self._check_batch(parameters)
        if not isinstance(trigger, Topic):
            for name in ("ordered", "batch", "when", "reads", "fills_table", "unique", "retries"):
                if name in self.options:
                    self.problems.append(f"{name}= goes with subscribes= only")
        if self.options.get("waits") and not isinstance(trigger, Http):
            self.problems.append("waits= goes with http= only")
        if isinstance(trigger, Http):
            known = {p.name for p in parameters if p.source == "path"}
            for name in trigger.names:
                if name not in known:
                    self.problems.append(f"the path names {{{name}}}, which is no parameter")

    def _check_batch(self, parameters: Iterable[Parameter]) -> None:
        """Refuse what goes with one event at a time only."""
        for name in ("publishes", "ordered", "fills_table"):
            if self.options.get(name):
                self.problems.append(
                    f"{name}= goes with one event at a time, not with a list of them"
                )
        for parameter in parameters:
            if parameter.source == "event":
                self.problems.append(
                    f"the parameter {parameter.name!r} is one event's envelope; "
                    "expected none beside a list of events"
                )


def _is_another(earlier: Any, call: Any) -> bool:
    """Are these two definitions of one file? A module that is loaded again has each only once."""
    if earlier.__qualname__ != call.__qualname__:
        return False
    first, second = earlier.__code__, call.__code__
    same_file = first.co_filename == second.co_filename
    return bool(same_file and first.co_firstlineno != second.co_firstlineno)


def _is_structure(hint: Any) -> bool:
    """Is this a type that a JSON body is decoded to, rather than one query value?"""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return any(_is_structure(option) for option in typing.get_args(hint))
    return (
        hasattr(hint, "__struct_fields__")
        or hasattr(hint, "__dataclass_fields__")
        or (typing.get_origin(hint) in (dict, list) or hint is dict or hint is list)
    )


def _service_of(module: str) -> str:
    """The folder the module lies in: functions.inventory.set_stock -> inventory."""
    parts = module.split(".")
    return parts[-2] if len(parts) > 1 else parts[0]
