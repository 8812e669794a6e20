"""Every type there and back, schemas that change, and bytes that are none."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime import wire
from runtime.avro.codec import MOST_SCHEMAS, Codec, schema_id
from runtime.avro.schemas import schema_of
from runtime.errors import DecodeError, PlatformDown
from tests.runtime.avro.making import Registry, fields, framed

Money = Annotated[Decimal, msgspec.Meta(extra={"precision": 18, "scale": 4})]


class Colour(Enum):
    RED = "RED"
    BLUE = "BLUE"


class Part(msgspec.Struct, rename="camel"):
    """What a whole is made of."""

    part_name: str
    weights: list[float] = []


class Whole(msgspec.Struct, rename="camel", omit_defaults=True):
    """One field of every kind that there is."""

    an_int: int
    a_text: str
    a_price: Decimal
    some_money: Money
    a_flag: bool
    some_bytes: bytes
    a_time: datetime
    a_day: date
    an_hour: time
    a_while: timedelta
    an_id: UUID
    a_colour: Colour
    a_part: Part
    parts: tuple[Part, ...] = ()
    counts: dict[str, int] = {}
    words: frozenset[str] = frozenset()
    maybe: int | None = None
    perhaps: Part | None = None
    price_or_none: Decimal | None = None
    either: int | str = 0
    times: list[datetime | None] = []
    some_parts: tuple[Part, ...] | None = None
    some_words: frozenset[str] | None = None
    two_words: tuple[str, str] | str = "a"
    # What stands at its default is left out, of whatever kind that is.
    no_bytes: bytes = b"\xff\0"
    no_time: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)
    no_day: date | None = date(2026, 1, 2)
    no_hour: time = time(12, 30)
    no_while: timedelta | None = timedelta(seconds=90)
    no_id: UUID = UUID(int=7)
    no_money: Money | None = Decimal("-1.25")
    no_price: Decimal | None = Decimal("1.250")
    no_colour: Colour | None = Colour.BLUE
    no_words: frozenset[str] | None = frozenset()


whole_numbers = st.integers(-(2**63), 2**63 - 1)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
decimals = st.decimals(allow_nan=False, allow_infinity=False)
money = st.integers(-(10**18) + 1, 10**18 - 1).map(lambda n: Decimal(n).scaleb(-4))
moments = st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 28)).flatmap(
    lambda naive: st.integers(-12, 12).map(
        lambda hours: naive.replace(tzinfo=timezone(timedelta(hours=hours)))
    )
)
parts = st.builds(
    Part,
    part_name=texts,
    weights=st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=3),
)
wholes = st.builds(
    Whole,
    an_int=whole_numbers,
    a_text=texts,
    a_price=decimals,
    some_money=money,
    a_flag=st.booleans(),
    some_bytes=st.binary(max_size=20),
    a_time=moments,
    a_day=st.dates(),
    an_hour=st.times(),
    a_while=st.timedeltas(timedelta(days=-1000), timedelta(days=1000)),
    an_id=st.uuids(),
    a_colour=st.sampled_from(Colour),
    a_part=parts,
    parts=st.lists(parts, max_size=3).map(tuple),
    counts=st.dictionaries(texts, whole_numbers, max_size=3),
    words=st.frozensets(texts, max_size=3),
    maybe=st.none() | whole_numbers,
    perhaps=st.none() | parts,
    price_or_none=st.none() | decimals,
    either=whole_numbers | texts,
    times=st.lists(st.none() | moments, max_size=3),
    some_parts=st.none() | st.lists(parts, max_size=3).map(tuple),
    some_words=st.none() | st.frozensets(texts, max_size=3),
    two_words=texts | st.tuples(texts, texts),
)


@given(wholes)
def test_what_is_written_is_read_back_and_no_digit_is_lost(whole: Whole) -> None:
    codec = Codec(Registry())
    id = codec.register("wholes-value", schema_of(Whole))

    found = wire.decode(codec.read(codec.write(id, whole)), Whole)

    assert found == whole
    assert str(found.a_price.normalize()) == str(whole.a_price.normalize())


@given(wholes)
def test_the_schema_that_is_made_of_a_type_fits_whatever_is_of_the_type(whole: Whole) -> None:
    codec = Codec(Registry())
    id = codec.register("wholes-value", schema_of(Whole))

    assert schema_id(codec.write(id, whole)) == id


@given(st.binary(max_size=200))
def test_bytes_that_are_no_value_of_the_schema_are_told(tail: bytes) -> None:
    codec = Codec(Registry())
    id = codec.register("wholes-value", schema_of(Whole))

    with suppress(DecodeError):  # and nothing else
        assert msgspec.json.decode(codec.read(b"\0" + id.to_bytes(4, "big") + tail))


@given(wholes, st.data())
def test_a_value_that_was_cut_short_is_told(whole: Whole, data: st.DataObject) -> None:
    codec = Codec(Registry())
    value = codec.write(codec.register("wholes-value", schema_of(Whole)), whole)
    cut = data.draw(st.integers(0, len(value) - 1))

    with pytest.raises(DecodeError):
        codec.read(value[:cut])


class Sale(msgspec.Struct):
    """What this reader knows of a sale."""

    product: str
    pieces: int = 1
    price: Decimal = Decimal("0.10")


class StrictSale(Sale, forbid_unknown_fields=True):
    """One that minds."""


def read(registry: Registry, id: int, schema: Any, value: Any, wanted: Any = Sale) -> Any:
    return wire.decode(Codec(registry).read(framed(id, schema, value)), wanted)


def test_a_field_that_the_writer_does_not_have_yet_gets_the_readers_default() -> None:
    registry = Registry()
    schema = fields("Sale", product="string")

    sale = read(registry, registry.add(schema), schema, {"product": "socks"})

    assert sale == Sale("socks", 1, Decimal("0.10"))


def test_a_field_that_the_reader_does_not_know_is_passed_over_unless_its_type_minds() -> None:
    registry = Registry()
    schema = fields("Sale", till="string", product="string")
    id, value = registry.add(schema), {"till": "2", "product": "socks"}

    assert read(registry, id, schema, value) == Sale("socks")
    with pytest.raises(DecodeError, match="unknown field `till`"):
        read(registry, id, schema, value, StrictSale)


def test_fields_may_change_places_and_the_record_its_name() -> None:
    registry = Registry()
    schema = fields("acme.Verkauf", pieces="long", product="string")

    assert read(registry, registry.add(schema), schema, {"product": "a", "pieces": 3}).pieces == 3


@pytest.mark.parametrize(
    ("kind", "value", "price"),
    [
        ("int", 3, "3"),
        ("long", 2**40, str(2**40)),
        ("double", 0.1, "0.1"),
        ("string", "0.10", "0.10"),
        ({"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 3}, "5.125", "5.125"),
        (
            {"type": "fixed", "name": "F", "size": 8, "logicalType": "decimal", "precision": 9},
            "7",
            "7",
        ),
    ],
)
def test_a_number_may_become_a_wider_one(kind: Any, value: Any, price: str) -> None:
    registry = Registry()
    schema = fields("Sale", product="string", price=kind)
    written = Decimal(value) if isinstance(kind, dict) else value

    sale = read(registry, registry.add(schema), schema, {"product": "a", "price": written})

    assert sale.price == Decimal(price)


def test_a_missing_field_is_told_as_it_is_of_json() -> None:
    registry = Registry()
    schema = fields("Sale", pieces="int")

    with pytest.raises(DecodeError, match="missing required field `product`") as told:
        read(registry, registry.add(schema), schema, {"pieces": 1})
    assert told.value.field == "product"


def test_a_schema_may_refer_to_others() -> None:
    registry = Registry()
    inner = {"type": "enum", "name": "acme.Product", "symbols": ["socks"]}
    id = registry.add(inner, fields("Sale", product="acme.Product"))
    value = framed(id, fields("Sale", product=inner), {"product": "socks"})

    assert wire.decode(Codec(registry).read(value), Sale) == Sale("socks")


def test_an_unknown_number_is_told_and_the_registry_not_asked_for_each_record() -> None:
    registry = Registry()
    codec = Codec(registry)

    for _ in range(3):
        with pytest.raises(DecodeError, match="The schema 77 is not in the registry"):
            codec.read(b"\0\0\0\0\x4d")
    assert registry.asked == [77]


def test_a_schema_is_asked_for_once_and_the_latest_ones_are_kept() -> None:
    registry = Registry()
    codec = Codec(registry)
    ids = [registry.add({"type": "enum", "name": f"E{n}", "symbols": ["a"]}) for n in range(1001)]
    values = [b"\0" + id.to_bytes(4, "big") + b"\0" for id in ids]

    for value in [*values, values[-1], values[0]]:
        codec.read(value)

    assert len(ids) == MOST_SCHEMAS + 1
    assert registry.asked == [*ids, ids[0]]


def test_a_registry_that_is_away_is_an_outage_and_no_failure_of_the_record() -> None:
    registry = Registry()
    codec = Codec(registry)
    value = framed(registry.add("string"), "string", "a")
    registry.away = True

    with pytest.raises(PlatformDown) as told:
        codec.read(value)
    registry.away = False
    assert told.value.awaited == "the schema registry"
    assert codec.read(value) == b'"a"'


@pytest.mark.parametrize("value", [b"", b"\0", b"\0\0\0\1", b"\1\0\0\0\1a", b'{"a":1}'])
def test_what_is_not_framed_is_told(value: bytes) -> None:
    with pytest.raises(DecodeError, match="expected Avro in Confluent's framing"):
        Codec(Registry()).read(value)


def test_bytes_that_are_left_over_are_told() -> None:
    registry = Registry()
    value = framed(registry.add("string"), "string", "a")

    with pytest.raises(DecodeError, match="2 bytes are left over"):
        Codec(registry).read(value + b"ab")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"some_money": Decimal("0.00001")}, "more than 4 digits after the point"),
        ({"some_money": Decimal(10**15)}, "more than 18 digits"),
        ({"some_money": Decimal("NaN")}, "expected a number"),
        ({"a_price": Decimal("Infinity")}, "expected a number"),
        ({"a_time": datetime(2026, 1, 1)}, "has no zone"),
        ({"an_int": 2**63}, "too large|int"),
        ({"a_colour": "GREEN"}, "GREEN|list"),
    ],
)
def test_what_avro_cannot_say_exactly_is_refused(changed: dict[str, Any], told: str) -> None:
    codec = Codec(Registry())
    id = codec.register("wholes-value", schema_of(Whole))
    whole = Whole(
        1, "", Decimal(1), Decimal(1), True, b"", datetime(2026, 1, 1, tzinfo=UTC),
        date(2026, 1, 1), time(1), timedelta(1), UUID(int=1), Colour.RED, Part("a"),
    )  # fmt: skip

    with pytest.raises((ValueError, TypeError, OverflowError), match=told):
        codec.write(id, msgspec.structs.replace(whole, **changed))


def test_a_decimal_with_more_digits_than_its_schema_says_is_told_and_not_rounded() -> None:
    registry = Registry()
    kind = {"type": "bytes", "logicalType": "decimal", "precision": 3, "scale": 2}
    id = registry.add(kind)

    with pytest.raises(DecodeError, match="more than 3 digits"):
        Codec(registry).read(framed(id, "bytes", (123456).to_bytes(4, "big")))
