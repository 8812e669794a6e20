"""What came from outside cannot play with a terminal."""

import pytest

from runtime.printable import printable


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
