"""From a type to its schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import uuid4

import msgspec
import pytest

from runtime.avro.schemas import schema_of
from runtime.errors import DeclarationError

Money = Annotated[Decimal, msgspec.Meta(extra={"precision": 9, "scale": 2})]


class State(Enum):
    OPEN = "OPEN"
    SHUT = "SHUT"


class Line(msgspec.Struct, rename="camel"):
    """One line."""

    product_code: str


class Order(msgspec.Struct, rename="camel"):
    """With a default of every kind."""

    order_id: str
    state: State = msgspec.field(default_factory=lambda: State.OPEN)
    price: Decimal = Decimal("0.50")
    money: Money = Decimal("1.00")
    lines: tuple[Line, ...] = ()
    other: list[Line] = msgspec.field(default_factory=list)
    note: str | None = None
    word: str | None = "none"
    made: str = msgspec.field(default_factory=lambda: uuid4().hex)
    kind: Literal["a", "b"] = "a"


def test_names_and_defaults_are_those_of_the_json() -> None:
    found = json.loads(schema_of(Order))

    line = {
        "type": "record",
        "name": "Line",
        "fields": [{"name": "productCode", "type": "string"}],
    }
    exact = {"type": "string", "logicalType": "exact-decimal"}
    decimal = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}
    assert found == {
        "type": "record",
        "name": "Order",
        "fields": [
            {"name": "orderId", "type": "string"},
            {
                "name": "state",
                "type": {"type": "enum", "name": "State", "symbols": ["OPEN", "SHUT"]},
                "default": "OPEN",
            },
            {"name": "price", "type": exact, "default": "0.50"},
            {"name": "money", "type": decimal, "default": "d"},
            {"name": "lines", "type": {"type": "array", "items": line}, "default": []},
            {"name": "other", "type": {"type": "array", "items": "Line"}, "default": []},
            {"name": "note", "type": ["null", "string"], "default": None},
            {"name": "word", "type": ["string", "null"], "default": "none"},
            {"name": "made", "type": "string"},
            {"name": "kind", "type": "string", "default": "a"},
        ],
    }


class Omitting(msgspec.Struct, omit_defaults=True):
    """One whose default is left out, and takes more than a word."""

    line: tuple[str, ...] = ("a",)


class Self(msgspec.Struct):
    """One of its kind within it."""

    inner: Self | None


class Array(msgspec.Struct, array_like=True):
    """Written without names."""

    a: int


class Left(msgspec.Struct, tag=True):
    """One of two."""


class Right(msgspec.Struct, tag=True):
    """The other."""


def another_line() -> Any:
    return msgspec.defstruct("Line", [("other", int)])


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (msgspec.defstruct("A", [("x", Any)]), "x is"),
        (msgspec.defstruct("A", [("x", dict[str, list[Any]])]), r"x\{\}\[\] is"),
        (msgspec.defstruct("A", [("x", msgspec.Raw)]), "x is"),
        (Omitting, "line has a default that is left out"),
        (Self, "inner refers to Self"),
        (list[Array], r"\[\] is Array, which is written as an array"),
        (Left | Right, "may be one of several records"),
        (msgspec.defstruct("A", [("x", tuple[int, str])]), "x is a tuple of several types"),
        (msgspec.defstruct("A", [("a", Line), ("b", another_line())]), "b is another Line"),
        (
            Annotated[Decimal, msgspec.Meta(extra={"precision": 2, "scale": 3})],
            "states .'precision': 2, 'scale': 3",
        ),
        (msgspec.defstruct("A", [("a", int)], rename={"a": "a-b"}), "a-b has a name"),
    ],
)
def test_what_avro_cannot_say_is_refused_by_its_place(wanted: Any, told: str) -> None:
    with pytest.raises(DeclarationError, match=f"cannot be Avro:\n  - .*{told}"):
        schema_of(wanted)


def test_all_that_is_wrong_is_told_at_once() -> None:
    wrong = msgspec.defstruct("A", [("a", Any), ("b", Any)])

    with pytest.raises(DeclarationError) as told:
        schema_of(wrong)
    assert str(told.value).count("\n  - ") == 2


def test_a_tag_is_a_field() -> None:
    assert json.loads(schema_of(Left))["fields"] == [
        {"name": "type", "type": "string", "default": "Left"}
    ]


@pytest.mark.parametrize("make", [lambda: schema_of(Order)])
def test_it_is_the_same_text_each_time(make: Callable[[], str]) -> None:
    assert make() == make()
