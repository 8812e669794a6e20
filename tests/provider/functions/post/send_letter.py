"""letters -> the provider"""

from __future__ import annotations

from msgspec import Struct

from runtime import Retries, function
from tests.provider.mail_van import MailVan


class Letter(Struct):
    """A letter."""

    id: str


@function(subscribes="letters", batch=1, retries=Retries(attempts=2))
def send_letter(letter: Letter, van: MailVan) -> None:
    """Hand the letter to the provider."""
    van.take(letter.id)
