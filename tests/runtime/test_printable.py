"""What came from outside cannot play with a terminal."""

import json

import pytest

from runtime.printable import printable, printable_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x9b2J", r"\x9b2J"),
        ("a\rb\x08c", r"a\rb\x08c"),
        ("user\u202egnp.exe", r"user\u202egnp.exe"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("half \ud83d pair", r"half \ud83d pair"),
    ],
)
def test_what_cannot_be_seen_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize("text", ["Zoë, 3 €, 東京, مرحبا", "👩‍👩‍👧", ""])
def test_writing_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_line_breaks_stay_where_they_are_kept() -> None:
    assert printable("a\nb\tc\x1b", keeping="\n\t") == "a\nb\tc\\x1b"


def test_a_json_document_stays_the_same_document() -> None:
    value = {"a": "\x7f\x9b2J \u202e \U000e0041", "b": ["Zoë", "👩‍👩‍👧"]}
    written = json.dumps(value, ensure_ascii=False, indent=2)

    shown = printable_json(written)

    assert json.loads(shown) == value
    assert not any(character in shown for character in "\x7f\x9b\u202e\U000e0041")
    assert "Zoë" in shown
