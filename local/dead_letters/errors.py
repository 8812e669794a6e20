"""What the workbench refuses; the text says what to do instead."""

from __future__ import annotations

from local.errors import Misuse


class NoSuchLetter(Misuse):
    """No dead letter has this id, or several begin with it."""


class Refused(Misuse):
    """The dead letter is not in a state, or the change not of a kind, that makes sense."""
