"""The functions that keep organizations."""

from __future__ import annotations

import msgspec
import pytest

from functions.customers.delete_organization import delete_organization
from functions.customers.edit_organization import edit_organization
from functions.customers.get_organization import get_organization
from functions.customers.learn_organization import learn_organization
from functions.domain.clientele import OrganizationRecord
from functions.domain.customer import Action
from functions.domain.organization import Organization, OrganizationRow
from runtime import Reject
from tests.functions.customers.desk import Desk, event_from, sent, told

OURS = event_from("/customers/edit_organization")
ELSEWHERE = event_from("/crm")


def test_an_organization_is_kept_answered_and_told_with_the_same_request():
    desk = Desk()

    answer = desk.create_organization({"organization": {"name": "A & Co"}})

    id = answer.body.id
    assert (answer.status, answer.headers) == (201, {"Location": f"/organizations/{id}"})
    assert get_organization(id, desk.organizations) == OrganizationRecord(id=id, name="A & Co")
    assert told(answer) == {
        "id": id,
        "name": "A & Co",
        "entity": "Organization",
        "action": "created",
    }


def test_the_event_is_an_organization_to_its_readers():
    answer = Desk().create_organization({"organization": {"name": "A & Co"}})

    change = msgspec.convert(told(answer), Organization)

    assert OrganizationRow(change.key).learn(change).name == "A & Co"


@pytest.mark.parametrize("body", [{}, {"organization": {"name": ""}}, {"organization": None}])
def test_an_organization_without_a_name_is_refused(body):
    desk = Desk()

    answer = desk.create_organization(body)

    assert (answer.status, list(answer.body.values())) == (422, [["can't be blank"]])
    assert desk.organizations.rows == {}
    assert not answer.publish


def test_a_name_is_changed_and_told_once():
    desk = Desk()
    id = desk.organization().id
    change = sent({"organization": {"name": "B & Co"}})

    first = edit_organization(id, change, desk.organizations)
    again = edit_organization(id, change, desk.organizations)

    assert (told(first)["name"], told(first)["action"]) == ("B & Co", "edited")
    assert again.body == first.body == desk.organizations.get(id)
    assert not again.publish


def test_a_refused_change_changes_nothing():
    desk = Desk()
    made = desk.organization()

    answer = edit_organization(made.id, sent({"organization": {"name": 7}}), desk.organizations)

    assert (answer.status, answer.body) == (422, {"name": ["is invalid"]})
    assert desk.organizations.get(made.id) == made
    assert not answer.publish


def test_one_that_is_deleted_is_gone():
    desk = Desk()
    id = desk.organization().id

    answer = delete_organization(id, desk.organizations)

    assert (answer.status, told(answer)["action"]) == (204, "deleted")
    for gone in (
        lambda: get_organization(id, desk.organizations),
        lambda: edit_organization(id, {}, desk.organizations),
        lambda: delete_organization(id, desk.organizations),
    ):
        with pytest.raises(Reject) as refused:
            gone()
        assert refused.value.status == 404


def test_those_of_others_are_learned_and_forgotten():
    desk = Desk()

    learn_organization(Organization(id="o", name="Others"), ELSEWHERE, desk.organizations)
    learn_organization(Organization(id="o"), ELSEWHERE, desk.organizations)
    assert desk.organizations.get("o") == OrganizationRecord(id="o", name="Others")

    gone = Organization(id="o", action=Action.DELETED)
    learn_organization(gone, ELSEWHERE, desk.organizations)
    assert desk.organizations.rows == {}

    learn_organization(Organization(id="o", name="Others"), ELSEWHERE, desk.organizations)
    learn_organization(None, event_from("kafka:organizations", key="o"), desk.organizations)
    assert desk.organizations.rows == {}
    with pytest.raises(Reject, match="which left"):
        learn_organization(None, ELSEWHERE, desk.organizations)


def test_our_own_event_changes_no_row():
    desk = Desk()
    made = desk.organization("newer")

    learn_organization(Organization(id=made.id, name="older"), OURS, desk.organizations)
    learn_organization(Organization(id="deleted", name="older"), OURS, desk.organizations)

    assert desk.organizations.rows == {made.id: made}
