"""Text as a terminal may show it: what came from outside moves no cursor and hides no text."""

from __future__ import annotations

import re

#: Control characters, the marks that turn the direction of writing, and others that show nothing.
#: Not the two joiners: writing needs them.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)


def printable(text: str, *, keeping: str = "") -> str:
    r"""Return the text with what cannot be seen escaped, as \x1b or \u202e; `keeping` stays."""
    return _UNSEEN.sub(lambda found: _escaped(found[0], keeping), text)


def printable_json(text: str) -> str:
    r"""Return a JSON document with what cannot be seen escaped as JSON does, so it is the same."""
    return _UNSEEN.sub(lambda found: _escaped_for_json(found[0]), text)


def _escaped_for_json(character: str) -> str:
    if character in "\n\t":  # between the tokens; within a string they cannot stand
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _escaped(character: str, keeping: str) -> str:
    return character if character in keeping else character.encode("unicode_escape").decode()
