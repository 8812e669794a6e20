"""Avro on the command line: shown as JSON, appended from JSON, and the bytes for who asks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import msgspec
import pytest

from local.avro_values import AvroValues, reader
from local.brokers.embedded import EmbeddedBroker
from local.dead_letters import DeadLetters
from local.finding import SCHEMAS
from local.states import EmbeddedStore
from runtime import wire
from runtime.avro.codec import Codec
from runtime.avro.file import FileRegistry
from runtime.avro.schemas import schema_of
from runtime.record import Message
from runtime.settings import Settings
from tests.local.command_line import CommandLine
from tests.local.dead_letters.giving_up import FRAUD, fail
from tests.local.dead_letters.test_api import PATH, client_of
from tests.runtime.avro.making import fields, framed

Money = Annotated[Decimal, msgspec.Meta(extra={"precision": 9, "scale": 2})]


class Line(msgspec.Struct, rename="camel"):
    """A line of it."""

    product: str
    price: Decimal


class Paid(msgspec.Struct, rename="camel", omit_defaults=True):
    """A value with one of each kind."""

    order_id: str
    amount: Money
    email: str | None = None
    at: datetime | None = None
    day: date | None = None
    pieces: int | None = None
    weight: float = 0.0
    seal: bytes = b""
    lines: list[Line] = []
    counts: dict[str, int] = {}


PAID = Paid("o-1", Decimal("1000.50"), "ida@x.org")


@pytest.fixture
def codec(tmp_path: Path) -> Codec:
    found = Codec(FileRegistry(tmp_path / SCHEMAS))
    found.register("paid-value", schema_of(Paid))
    return found


@pytest.fixture
def broker(tmp_path: Path, codec: Codec) -> Iterator[EmbeddedBroker]:
    opened = EmbeddedBroker(tmp_path)
    opened.create("paid", 1)
    opened.create(f"{FRAUD}.dead-letters", 1)
    yield opened
    opened.close()


@pytest.fixture
def sluice(broker: EmbeddedBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    path = tmp_path / "topics.toml"
    path.write_text('[topics.paid]\nformat = "avro"\n')
    monkeypatch.setenv("SLUICE_TOPICS", str(path))
    return CommandLine(tmp_path)


def test_a_value_is_shown_as_json_with_every_digit_and_masked(
    sluice: CommandLine, broker: EmbeddedBroker, codec: Codec
) -> None:
    broker.publish([Message("paid", "k", codec.write(1, PAID))])

    shown, revealed = sluice("tail", "paid").stdout, sluice("tail", "paid", "--reveal").stdout

    assert '"orderId":"o-1","amount":1000.50' in shown
    assert "ida@x.org" not in shown
    assert "ida@x.org" in revealed
    assert '"amount":1000.50' in sluice("read-topics", "-n", "1").stdout
    line = sluice.json("tail", "paid")
    assert (line["encoding"], line["value"]["orderId"]) == ("avro", "o-1")


def test_its_bytes_are_shown_to_who_asks(
    sluice: CommandLine, broker: EmbeddedBroker, codec: Codec
) -> None:
    broker.publish([Message("paid", "k", codec.write(1, Paid("o-1", Decimal(1))))])

    shown = sluice("tail", "paid", "--raw").stdout

    assert r"\x00\x00\x00\x00\x01\x06o-1" in shown
    assert "amount" not in shown


def test_what_no_schema_fits_is_shown_as_it_is(sluice: CommandLine, broker: EmbeddedBroker) -> None:
    broker.publish([Message("paid", "k", b"\0\0\0\0\x63\xff"), Message("paid", "k", b"\0\xff")])

    result = sluice("tail", "paid", "--json")

    assert result.exit_code == 0
    assert [json.loads(line)["encoding"] for line in result.stdout.splitlines()] == ["base64"] * 2


def test_a_dead_letter_is_shown_as_json(
    sluice: CommandLine, broker: EmbeddedBroker, codec: Codec
) -> None:
    fail(broker, "a1", value=codec.write(1, PAID))
    [letter] = json.loads(sluice("dlq", "list", "--json").stdout)

    assert '"amount": 1000.50' in sluice("dlq", "show", letter["id"]).stdout
    assert sluice.json("dlq", "show", letter["id"])["record"]["value"]["orderId"] == "o-1"
    assert "amount" not in sluice("dlq", "show", letter["id"], "--raw").stdout


def test_a_dead_letter_is_patched_and_stays_avro_of_its_schema(
    sluice: CommandLine, broker: EmbeddedBroker, codec: Codec
) -> None:
    later = Paid("o-1", Decimal("1000.50"), "ida@x.org", datetime(2026, 1, 1, 11, 0, 0, 7, UTC))
    fail(broker, "a1", value=codec.write(1, later), headers={"content-type": "application/avro"})
    wider = {**json.loads(schema_of(Paid)), "doc": "A newer one."}
    codec.register("paid-value", json.dumps(wider))

    result = sluice("dlq", "edit", "a1", "--patch", '{"amount": 1000.55, "email": "max@x.org"}')

    assert result.exit_code == 0, result.stderr
    assert 'a1 is edited: {"amount":1000.55,"email":"***"}.' in result.stdout
    edited = list(broker.read(f"{FRAUD}.dead-letters"))[-1]
    assert edited.value[:5] == b"\0\0\0\0\1"
    assert wire.decode(codec.read(edited.value), Paid) == msgspec.structs.replace(
        later, amount=Decimal("1000.55"), email="max@x.org"
    )
    shown = sluice.json("dlq", "show", "a1")
    assert (shown["record"]["value"]["amount"], shown["record"]["encoding"]) == (1000.55, "avro")
    assert shown["original"]["value"]["amount"] == 1000.5


def test_it_is_edited_as_json_in_an_editor(
    sluice: CommandLine, broker: EmbeddedBroker, codec: Codec, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(broker, "a1", value=codec.write(1, PAID))
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "sed -i s/1000.50/0.10/")

    edited = sluice("dlq", "edit", "a1")
    monkeypatch.setenv("EDITOR", "true")
    unchanged = sluice("dlq", "edit", "a1")

    assert edited.exit_code == 0, edited.stderr
    record = list(broker.read(f"{FRAUD}.dead-letters"))[-1]
    assert wire.decode(codec.read(record.value), Paid).amount == Decimal("0.10")
    assert unchanged.exit_code == 2
    assert "nothing was changed" in unchanged.stderr


@pytest.mark.parametrize(
    ("patch", "told"),
    [
        ('{"amount": null}', "amount"),
        ('{"colour": 1}', "it has 'colour'; expected of orderId"),
        ('{"amount": "much"}', "cannot be patched"),
    ],
)
def test_a_patch_that_is_not_of_the_schema_is_refused(
    sluice: CommandLine, broker: EmbeddedBroker, codec: Codec, patch: str, told: str
) -> None:
    fail(broker, "a1", value=codec.write(1, PAID))

    result = sluice("dlq", "edit", "a1", "--patch", patch)

    assert result.exit_code == 2
    assert told in result.stderr
    assert len(list(broker.read(f"{FRAUD}.dead-letters"))) == 1


def test_what_json_cannot_say_is_refused_to_be_patched(
    sluice: CommandLine, broker: EmbeddedBroker, codec: Codec
) -> None:
    """A text that might be bytes in base64 would be bytes afterwards."""
    either = fields("Either", seal=["bytes", "string"], pieces="int")
    id = codec.register("either-value", json.dumps(either))
    value = framed(id, either, {"seal": "abcd", "pieces": 1})
    fail(broker, "a1", value=value)

    result = sluice("dlq", "edit", "a1", "--patch", '{"pieces": 2}')

    assert result.exit_code == 2
    assert "is not the same after it was JSON" in result.stderr
    assert [record.value for record in broker.read(f"{FRAUD}.dead-letters")] == [value]


def test_a_dead_letter_whose_schema_is_nowhere_cannot_be_patched(
    sluice: CommandLine, broker: EmbeddedBroker
) -> None:
    fail(broker, "a1", value=b"\0\0\0\0\x63\xff")

    result = sluice("dlq", "edit", "a1", "--patch", "{}")

    assert result.exit_code == 2
    assert "The schema 99 is not in the registry. Give it whole instead." in result.stderr


def test_over_http_a_dead_letter_is_shown_and_patched_as_json(
    tmp_path: Path, broker: EmbeddedBroker, codec: Codec
) -> None:
    fail(broker, "a1", value=codec.write(1, PAID))
    with DeadLetters(broker, EmbeddedStore(tmp_path), AvroValues(data=tmp_path)) as letters:
        client = client_of(letters, Settings())
        before = client.get(f"{PATH}/a1").json["record"]
        answer = client.patch(f"{PATH}/a1?by=ida", json={"amount": 2})
        after = client.get(f"{PATH}/a1?reveal=true").json

        assert (before["encoding"], before["value"]["amount"]) == ("avro", 1000.5)
        assert before["value"]["email"] == "***"
        assert answer.status_code == 200
        assert after["record"]["value"] | {"at": None} == after["original"]["value"] | {"amount": 2}
        assert after["history"][0]["patch"] == {"amount": 2}
        assert codec.read(letters.get("a1").event.value).startswith(b'{"orderId":"o-1","amount":2')


def test_json_is_appended_as_avro(
    sluice: CommandLine, broker: EmbeddedBroker, codec: Codec
) -> None:
    document = {
        "orderId": "o-1",
        "amount": 0.1,
        "at": "2026-01-01T12:00:00+01:00",
        "day": "2026-01-01",
        "pieces": None,
        "weight": 2,
        "seal": "AAE=",
        "lines": [{"product": "hats", "price": "12345678901234567890.10"}],
        "counts": {"a": 1},
    }

    result = sluice("publish", "paid", json.dumps(document), "--key", "k", "--id", "7")

    assert result.exit_code == 0, result.stderr
    [record] = broker.read("paid")
    assert record.value[:5] == b"\0\0\0\0\1"
    assert record.headers["ce_id"] == "7"
    assert record.headers["content-type"] == "application/avro"
    assert wire.decode(codec.read(record.value), Paid) == Paid(
        "o-1",
        Decimal("0.1"),
        at=datetime(2026, 1, 1, 11, tzinfo=UTC),
        day=date(2026, 1, 1),
        weight=2.0,
        seal=b"\0\1",
        lines=[Line("hats", Decimal("12345678901234567890.10"))],
        counts={"a": 1},
    )


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ('{"orderId": 1, "amount": 1}', "paid.orderId is 1; expected str"),
        ('{"orderId": "a", "amount": 0.001}', "more than 2 digits after the point"),
        ('{"orderId": "a", "amount": 1, "colour": 1}', "paid has 'colour'"),
        ('{"orderId": "a"}', "amount"),
        ("{orderId", "not of the schema"),
        ('{"orderId": "a", "amount": 1, "pieces": true}', "pieces is True; expected int"),
        ('{"orderId": "a", "amount": 1, "at": "soon"}', "soon"),
    ],
)
def test_what_is_not_of_the_schema_is_refused(
    sluice: CommandLine, broker: EmbeddedBroker, document: str, told: str
) -> None:
    result = sluice("publish", "paid", document)

    assert result.exit_code == 2
    assert told in result.stderr
    assert list(broker.read("paid")) == []


def test_a_topic_whose_schema_nobody_knows_yet_is_told(
    sluice: CommandLine, broker: EmbeddedBroker, tmp_path: Path
) -> None:
    (tmp_path / "topics.toml").write_text('[topics.new]\nformat = "avro"\n')
    broker.create("new", 1)

    result = sluice("publish", "new", "{}")

    assert result.exit_code == 1
    assert "nothing has its schema yet" in result.stderr


def test_a_registry_that_is_away_is_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read = reader("http://127.0.0.1:1", tmp_path, None)

    assert [read(b"\0\0\0\0\1a"), read(b"\0\0\0\0\1b")] == [None, None]
    assert capsys.readouterr().err.count("Avro values are shown as bytes") == 1
