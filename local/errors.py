"""What a person at the command line did wrong, or met: the text says what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CommandError(Exception):
    """The command could not do what was asked. Not a SluiceError: `--help` imports no runtime."""


class Misuse(CommandError):
    """The command was called wrongly: exit code 2."""


class Failure(CommandError):
    """The command was called rightly and could not do its work: exit code 1."""


def nearest(given: str, known: Iterable[str]) -> str:
    """Say what the word may have been meant to be, and otherwise what there is."""
    names = sorted(known)
    matches = difflib.get_close_matches(given, names, n=1, cutoff=0.5)
    if matches:
        return f"Did you mean {matches[0]!r}?"
    if not names:
        return "There are none."
    return f"There are: {', '.join(names)}."
