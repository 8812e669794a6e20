"""How dead letters look on a terminal, and in a pipe."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from local.commands.dlq.columns import fitted, print_columns
from local.output import say

if TYPE_CHECKING:
    from local.dead_letters import Digest
    from local.masking import Mask

#: Narrower than this a table of dead letters cannot be read.
_TABLE_COLUMNS = 120
#: Digits of an id on a terminal: enough to name one of a hundred thousand.
_ID_DIGITS = 12


def print_letters(letters: Sequence[Digest], mask: Mask) -> None:
    """Print them as a table; on a narrow terminal three lines each."""
    if sys.stdout.isatty() and shutil.get_terminal_size().columns < _TABLE_COLUMNS:
        for letter in letters:
            _print_block(letter, mask)
        return
    columns = ("ID", "STATE", "FUNCTION", "KEY", "ATTEMPTS", "LAST FAILED", "ERROR")
    print_columns(columns, [_row(letter, mask) for letter in letters])


def short(id: str) -> str:
    """Shorten an id for a person; a pipe gets it whole."""
    return id[:_ID_DIGITS] if sys.stdout.isatty() else id


def second(time: str) -> str:
    """Shorten an RFC 3339 time in UTC to its second."""
    return f"{time[:19]}Z"


def error_of(letter: Digest, mask: Mask) -> str:
    """Return the first line of the error."""
    return mask.text(f"{letter.error}: {letter.message}").partition("\n")[0]


def _row(letter: Digest, mask: Mask) -> tuple[object, ...]:
    key = mask.key(letter.key)
    who = short(letter.id), _state(letter), letter.function, "-" if key is None else key
    return (*who, letter.attempts, second(letter.last_failed), error_of(letter, mask))


def _print_block(letter: Digest, mask: Mask) -> None:
    attempts = f"{letter.attempts} attempt{'s' if letter.attempts != 1 else ''}"
    last = second(letter.last_failed)
    key = "" if letter.key is None else f"  key {mask.key(letter.key)}"
    say(fitted(f"{short(letter.id)}  {_state(letter)}  {attempts}  {last}"))
    say(fitted(f"  {letter.function}{key}"))
    say(fitted(f"  {error_of(letter, mask)}"))


def _state(letter: Digest) -> str:
    return f"{letter.state}*" if letter.edition else letter.state
