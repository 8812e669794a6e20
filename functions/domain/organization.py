"""For whom does a customer order?"""

from __future__ import annotations

from msgspec import Struct

from functions.domain.customer import Action
from functions.domain.words import Ident, check_text


class Organization(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A change of an organization as it travels on the topic `organizations`.

    It may be partial: a name that is missing or null says nothing about the name. Fields we do
    not know are ignored: the organizations' owner may have more columns than we look at.
    """

    id: Ident
    name: str | None = None
    action: Action | None = None

    def __post_init__(self) -> None:
        # It ends up in keys. A name may have several lines: whoever writes it out takes care.
        check_text("id", self.id)

    @property
    def key(self) -> str:
        """Organizations are keyed by their id, as text."""
        return str(self.id)


class OrganizationRow(Struct, rename="camel", omit_defaults=True):
    """What is known of an organization: the latest value of every field that was ever given."""

    id: str
    name: str = ""

    def learn(self, change: Organization) -> OrganizationRow:
        """Return the row with the fields that the change names."""
        return OrganizationRow(self.id, self.name if change.name is None else change.name)
