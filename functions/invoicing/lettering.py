"""Which characters of a text can be printed, and in which font?"""

from __future__ import annotations

import unicodedata
from collections.abc import Container
from itertools import groupby
from typing import NamedTuple

#: Every reader of documents has these; they have the letters of Western Europe only.
PLAIN, BOLD = "Helvetica", "Helvetica-Bold"
#: Said on a document of which something could not be printed.
NOTE = "[U+...] is the number in Unicode of a character that could not be printed here."
#: The characters that both have.
WESTERN = frozenset(filter(str.isprintable, bytes(range(256)).decode("cp1252", "ignore")))
#: Right to left. Letters are set one after the other here, and would be another word then.
_OTHER_WAY = {"R", "AL", "AN"}


class Text(NamedTuple):
    """A text as it can be printed; `is_whole` says that nothing of it was replaced."""

    text: str
    font: str
    is_whole: bool


class Lettering:
    """Helvetica, and perhaps a font of the deployment's own for what Helvetica lacks.

    What neither has is written as its number in Unicode, such as `[U+8336]`: two products never
    read alike, as they would with a question mark for each of them. So is what runs from right to
    left, and a sign that joins the letter before it.
    """

    def __init__(self, own: str | None = None, letters: Container[int] = ()) -> None:
        self._own = own
        self._letters = letters

    def write(self, text: str, font: str = PLAIN) -> Text:
        """Write a text in this font if that has all of it, else in the own one if there is any."""
        if text.isascii() and text.isprintable():
            return Text(text, font, True)
        text = "".join(
            " " if unicodedata.category(char) == "Zs" else char
            for char in unicodedata.normalize("NFC", text)
        )
        if WESTERN.issuperset(text):
            return Text(text, font, True)
        has = self._has if self._own else WESTERN.__contains__
        parts = [(known, "".join(run)) for known, run in groupby(text, has)]
        written = "".join(run if known else _numbers(run) for known, run in parts)
        return Text(written, self._own or PLAIN, all(known for known, _ in parts))

    def _has(self, char: str) -> bool:
        return (
            ord(char) in self._letters
            and char.isprintable()
            and unicodedata.bidirectional(char) not in _OTHER_WAY
            and not unicodedata.category(char).startswith("M")
        )


def _numbers(run: str) -> str:
    return f"[{' '.join(f'U+{ord(char):04X}' for char in run)}]"
