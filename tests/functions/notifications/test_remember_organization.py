"""remember_organization: the latest name."""

from __future__ import annotations

import pytest

from functions.domain.customer import Action
from functions.domain.organization import Organization, OrganizationRow
from functions.notifications.remember_organization import remember_organization
from runtime import Reject, Table
from tests.functions.making import event

NORTH = Organization(id="1", name="North & Sons", action=Action.CREATED)


def table_after(*changes: Organization | None, key: str | None = "1") -> Table[OrganizationRow]:
    organizations: Table[OrganizationRow] = Table({})
    for change in changes:
        remember_organization(change, event(key=key), organizations)
    return organizations


def test_an_organization_is_remembered():
    assert table_after(NORTH).rows == {"1": OrganizationRow("1", "North & Sons")}


def test_an_edited_one_has_its_new_name():
    edited = Organization(id="1", name="North Ltd", action=Action.EDITED)

    assert table_after(NORTH, edited).get("1").name == "North Ltd"


def test_a_partial_event_blanks_nothing():
    assert table_after(NORTH, Organization(id="1")).get("1").name == "North & Sons"


def test_an_id_may_be_a_number():
    assert table_after(NORTH, Organization(id=1, name="North Ltd")).get("1").name == "North Ltd"


def test_a_deleted_organization_is_forgotten():
    assert table_after(NORTH, Organization(id="1", action=Action.DELETED)).rows == {}


def test_a_tombstone_forgets_the_organization_in_the_key():
    assert table_after(NORTH, None).rows == {}


def test_a_tombstone_without_a_key_is_rejected():
    with pytest.raises(Reject, match="has no key"):
        table_after(None, key=None)


@pytest.mark.parametrize("change", [NORTH, Organization(id="1", action=Action.DELETED), None])
def test_changes_nothing_more_when_delivered_twice(change):
    assert table_after(NORTH, change, change).rows == table_after(NORTH, change).rows


def test_names_the_rows_it_will_read():
    reads = remember_organization.spec.reads["organizations"]

    assert reads(NORTH, event(key="9")) == reads(None, event(key="1")) == ["1"]
