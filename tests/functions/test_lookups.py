"""Lookup tables: the latest value of every field, whatever the rows are."""

from __future__ import annotations

import pytest

from functions.domain.customer import Action
from functions.domain.organization import Organization, OrganizationRow
from functions.lookups import follow, key_of
from runtime import Reject, Table
from tests.functions.making import event

ACME = Organization(id="7", name="Acme")


def after(*changes: Organization | None, key: str | None = "7") -> dict[str, OrganizationRow]:
    table: Table[OrganizationRow] = Table({})
    for change in changes:
        follow(table, change, event(key=key), OrganizationRow)
    return table.rows


def test_a_change_adds_to_what_is_known_and_blanks_nothing():
    assert after(ACME, Organization(id="7")) == {"7": OrganizationRow("7", "Acme")}


@pytest.mark.parametrize("gone", [None, Organization(id="7", action=Action.DELETED)])
def test_what_is_deleted_is_gone_and_may_come_back_anew(gone):
    assert after(ACME, gone, gone) == {}
    assert after(ACME, gone, Organization(id="7")) == {"7": OrganizationRow("7")}


def test_a_tombstone_without_a_key_is_rejected():
    with pytest.raises(Reject, match="has no key"):
        after(None, key=None)


def test_names_the_row_that_a_change_needs():
    assert key_of(ACME, event(key=None)) == key_of(ACME, event(key="8")) == ["7"]
    assert key_of(None, event(key="7")) == ["7"]
    assert key_of(None, event(key=None)) == key_of(None, event(key="")) == []
