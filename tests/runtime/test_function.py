"""Declaring a function: what it becomes, and every way to get it wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
import pytest

from runtime import Clock, Event, Retries, Table, Timers, function
from runtime.errors import DeclarationError
from runtime.spec import Every, Http, Topic


class Sale(msgspec.Struct):
    """An event."""

    product: str


class Refund(msgspec.Struct):
    """Another event."""

    product: str


@dataclass
class Jar:
    """A row."""

    beans: int = 0


@dataclass
class Page:
    """A row of a table that can be paged."""

    __listed__ = True
    number: int = 0


class Mailer:
    """A resource."""

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Mailer:
        return cls()


def plain(sale: Sale) -> None:
    """Do nothing."""


def problems(call: Callable[..., Any], **options: Any) -> str:
    with pytest.raises(DeclarationError) as caught:
        function(**options)(call)
    return str(caught.value)


def test_a_decorator_without_its_options_says_how_it_is_written() -> None:
    with pytest.raises(DeclarationError, match=r"'plain'.*\n.*expected e\.g\. @function\(subscr"):
        function(plain)


def test_a_declared_function_is_still_the_function_it_was() -> None:
    declared = function(subscribes="sales")(plain)

    assert declared is plain
    assert declared.spec.call is plain  # type: ignore[attr-defined]


def test_parameters_are_known_by_their_types() -> None:
    @function(subscribes="sales")
    def use(
        sale: Sale,
        event: Event,
        clock: Clock,
        jars: Table[Jar],
        pages: Table[Page],
        timers: Timers,
        mailer: Mailer,
    ) -> None: ...

    sources = [parameter.source for parameter in use.spec.parameters]
    assert sources == ["data", "event", "clock", "table", "table", "timers", "resource"]
    assert use.spec.data_type is Sale
    assert [(t.name, t.row_type, t.listed) for t in use.spec.tables] == [
        ("jars", Jar, False),
        ("pages", Page, True),
    ]


def test_a_list_of_events_is_known_by_its_type() -> None:
    @function(subscribes="sales")
    def use(sales: list[Sale], jars: Table[Jar]) -> None: ...

    @function(subscribes="sales")
    def use_one(sales: tuple[Sale, ...]) -> None: ...

    assert (use.spec.takes_many, use.spec.data_type) == (True, Sale)
    assert (use_one.spec.takes_many, use_one.spec.data_type) == (False, tuple[Sale, ...])


def test_a_list_of_events_goes_with_no_option_of_single_ones() -> None:
    def use(sales: list[Sale], event: Event) -> None: ...

    def use_any(sales: list) -> None: ...  # type: ignore[type-arg]

    said = problems(use, subscribes="sales", publishes="sold", ordered=True, fills_table=True)

    for name in ("publishes=", "ordered=", "fills_table="):
        assert f"{name} goes with one event at a time" in said
    assert "'event' is one event's envelope" in said
    assert "expected e.g. list[Order]" in problems(use_any, subscribes="sales")


def test_a_spec_has_the_names_of_its_topics() -> None:
    @function(subscribes="sales", publishes=("a", "b"))
    def use(sale: Sale) -> Sale: ...

    assert (use.spec.id, use.spec.publishes) == ("runtime.use", ("a", "b"))
    assert use.spec.retry_topic == "runtime.use.retry"
    assert use.spec.dead_letter_topic == "runtime.use.dead-letters"


@pytest.mark.parametrize(
    ("text", "seconds"), [("10s", 10), ("0.5s", 0.5), ("5m", 300), ("1h", 3600)]
)
def test_a_period_is_read(text: str, seconds: float) -> None:
    @function(every=text)
    def sweep() -> None: ...

    assert sweep.spec.trigger == Every(seconds, text)


def test_values_of_a_request_come_from_path_query_and_body() -> None:
    @function(http="PUT /v1/jars/{jar_id}")
    def fill(
        new: Sale, jar_id: str, most: Decimal = Decimal(1), note: str | None = None
    ) -> None: ...

    assert fill.spec.trigger == Http("PUT", "/v1/jars/{jar_id}")
    assert [(p.name, p.source, p.required) for p in fill.spec.parameters] == [
        ("new", "body", True),
        ("jar_id", "path", True),
        ("most", "query", False),
        ("note", "query", False),
    ]


@pytest.mark.parametrize("body", ["Sale | None", "Sale | Refund", "list[Sale]", "dict[str, int]"])
def test_a_body_may_be_any_structure(body: str) -> None:
    def fill(new: Any) -> None: ...

    fill.__annotations__["new"] = body
    declared: Any = function(http="PUT /v1/jars")(fill)

    assert declared.spec.parameters[0].source == "body"


def test_a_generator_may_be_a_function() -> None:
    @function(subscribes="sales", publishes="sold")
    def each(sale: Sale) -> Iterator[Sale]:
        yield sale

    assert each.spec.publishes == ("sold",)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "0 triggers (none); expected exactly one of subscribes=, http=, every="),
        ({"subscribes": "a", "every": "1s"}, "2 triggers (subscribes, every)"),
        ({"subscribes": "sales", "retrys": 3}, "unknown option 'retrys'; expected one of"),
        ({"subscribes": "no topic"}, "subscribes='no topic' is no topic name Kafka allows"),
        ({"subscribes": "."}, "subscribes='.' is no topic name Kafka allows"),
        ({"subscribes": "x" * 250}, "is no topic name Kafka allows"),
        ({"subscribes": 5}, "subscribes=5 is no topic name Kafka allows"),
        ({"subscribes": ["a"]}, "subscribes=['a'] is no topic name Kafka allows"),
        ({"subscribes": "sales", "publishes": "no topic"}, "publishes='no topic' is no topic"),
        ({"subscribes": "sales", "publishes": ("a", 5)}, "publishes=5 is no topic"),
        ({"subscribes": "sales", "publishes": 5}, "publishes=5"),
        ({"subscribes": "sales", "publishes": "sold"}, "but is annotated to return None"),
        ({"subscribes": "sales", "batch": 0}, "batch=0; expected a whole number from 1"),
        ({"subscribes": "sales", "batch": 2.5}, "batch=2.5; expected a whole number from 1"),
        ({"subscribes": "sales", "batch": True}, "batch=True; expected a whole number from 1"),
        ({"subscribes": "sales", "batch": "9"}, "batch='9'; expected a whole number from 1"),
        ({"subscribes": "sales", "retries": 3}, "retries=3; expected e.g. Retries(attempts=3)"),
        ({"subscribes": "sales", "when": "sold"}, "when='sold'; expected a function"),
        ({"subscribes": "sales", "unique": "id"}, "unique='id'; expected a function"),
        ({"subscribes": "sales", "reads": ["jars"]}, "reads=['jars']; expected e.g. {"),
        ({"subscribes": "sales", "reads": {"jars": "id"}}, "reads= names 'jars'"),
        ({"subscribes": "sales", "ordered": "yes"}, "ordered='yes'; expected True or False"),
        ({"subscribes": "sales", "waits": True}, "waits= goes with http= only"),
        ({"every": "soon"}, "every='soon'; expected a time such as '10s', '5m' or '1h'"),
        ({"every": "0s"}, "every='0s'; expected a time"),
        ({"every": 10}, "every=10; expected a time"),
        ({"http": "/v1/jars"}, "http='/v1/jars'; expected e.g. 'POST /v1/orders'"),
        ({"http": "get /v1/jars"}, "http='get /v1/jars'; expected e.g."),
        ({"http": "GET v1"}, "http='GET v1'; expected e.g."),
        ({"http": 5}, "http=5; expected e.g."),
        ({"http": "GET /v1/{jar-id}"}, "http='GET /v1/{jar-id}'; expected e.g."),
        ({"http": "GET /v1/<id>"}, "http='GET /v1/<id>'; expected e.g."),
        ({"http": "GET /v1/{id}"}, "the path names {id}, which is no parameter"),
    ],
)
def test_a_wrong_option_is_refused_with_what_was_expected(
    options: dict[str, Any], problem: str
) -> None:
    assert problem in problems(plain, **options)


@pytest.mark.parametrize(
    ("keys", "is_given_the_event"),
    [
        (lambda sale: [sale.product], False),
        (lambda sale, event: [event.key], True),
        (lambda sale, prefix="jar": [f"{prefix} {sale.product}"], False),
        (lambda *values: [], False),
        (lambda sale, event, prefix="jar": [], True),
        (partial(lambda prefix, sale: [prefix + sale.product], "jar "), False),
        (iter, False),  # one of C's, which does not say what it takes
    ],
)
def test_reads_is_given_the_event_where_it_needs_it(
    keys: Callable[..., Any], is_given_the_event: bool
) -> None:
    @function(subscribes="sales", reads={"jars": keys})
    def fill(sale: Sale, jars: Table[Jar]) -> None: ...

    assert ("jars" in fill.spec.reads_with_event) is is_given_the_event


@pytest.mark.parametrize(
    ("keys", "written"),
    [
        (lambda: [], "()"),
        (lambda sale, event, clock: [], "(sale, event, clock)"),
        (lambda sale, *, event: [], "(sale, *, event)"),
    ],
)
def test_reads_that_takes_something_else_is_refused(keys: Callable[..., Any], written: str) -> None:
    def fill(sale: Sale, jars: Table[Jar]) -> None: ...

    problem = problems(fill, subscribes="sales", reads={"jars": keys})

    assert f"reads= of 'jars' takes {written}; expected the event's data, or the data" in problem


@pytest.mark.parametrize("option", ["ordered", "batch", "when", "reads", "unique", "retries"])
def test_options_of_topic_functions_go_with_a_topic_only(option: str) -> None:
    def sweep() -> None: ...

    assert f"{option}= goes with subscribes= only" in problems(sweep, every="1m", **{option: None})


# Functions that are declared wrongly


def no_event() -> None: ...


def event_first(event: Event) -> None: ...


def table_first(jars: Table[Jar]) -> None: ...


def number_too_many(sale: Sale, limit: int) -> None: ...


def unknown_type(sale: Nothing) -> None: ...  # type: ignore[name-defined]  # noqa: F821


def returns_unpublished(sale: Sale) -> Sale: ...


def takes_anything(sale: Sale, **rest: Any) -> None: ...


def takes_many(sale: Sale, *rest: Any) -> None: ...


def by_position(sale: Sale, /) -> None: ...


def takes_a_runtime_name(sale: Sale, progress: Table[Jar]) -> None: ...


def takes_a_last_name(sale: Sale, zürich: Table[Jar], zzzz: Table[Jar]) -> None: ...


async def is_asynchronous(sale: Sale) -> None: ...


def untyped(sale) -> None: ...  # type: ignore[no-untyped-def]


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (no_event, "the first parameter must be the event's data, with its type"),
        (event_first, "the first parameter must be the event's data, with its type"),
        (table_first, "the first parameter must be the event's data, with its type"),
        (number_too_many, "the parameter 'limit' of type <class 'int'> cannot be filled"),
        (unknown_type, "its annotations cannot be read: name 'Nothing' is not defined"),
        (untyped, "the parameter 'sale' has no type"),
        (returns_unpublished, "returns events but publishes= names no topic for them"),
        (takes_anything, "the parameter 'rest' takes any number of values"),
        (takes_many, "the parameter 'rest' takes any number of values"),
        (by_position, "the parameter 'sale' cannot be given by its name"),
        (takes_a_runtime_name, "the name 'progress' is taken by the runtime's own rows"),
        (takes_a_last_name, "the name 'zürich' sorts behind the runtime's last row"),
        (takes_a_last_name, "the name 'zzzz' sorts behind the runtime's last row"),
        (is_asynchronous, "is asynchronous; expected a plain def"),
    ],
)
def test_a_wrong_signature_is_refused_with_what_was_expected(
    call: Callable[..., Any], problem: str
) -> None:
    assert problem in problems(call, subscribes="sales")


def test_two_bodies_are_refused() -> None:
    def fill(first: Sale, second: Sale) -> None: ...

    assert "two bodies ('first', 'second')" in problems(fill, http="POST /v1/jars")


def test_all_problems_come_in_one_message_each_once() -> None:
    def wrong(sale: Nothing, limit) -> None: ...  # type: ignore[name-defined, no-untyped-def]  # noqa: F821

    found = problems(wrong, subscribes="a b", publishes="sold", batch=0, waits=True, colour="red")

    assert found.startswith("The function 'wrong' (")
    for problem in ("colour", "a b", "annotations cannot be read", "batch=0", "waits="):
        assert found.count(problem) == 1


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"attempts": 0}, r"attempts=0\); expected at least 1"),
        ({"first_seconds": -1}, "first_seconds=-1"),
        ({"first_seconds": 2, "most_seconds": 1}, "0 <= first_seconds <= most_seconds"),
    ],
)
def test_retries_that_cannot_be_are_refused(arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(DeclarationError, match=problem):
        Retries(**arguments)


def test_a_topic_is_written_as_its_name() -> None:
    assert [str(t) for t in (Topic("a"), Http("GET", "/v1"), Every(60, "1m"))] == [
        "a",
        "GET /v1",
        "every 1m",
    ]
