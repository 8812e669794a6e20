"""The functions that keep invites."""

from __future__ import annotations

import pytest

from functions.customers.accept_invite import accept_invite
from functions.customers.delete_organization import delete_organization
from functions.customers.enlist_invite import enlist_invite
from functions.customers.get_invite import get_invite
from functions.customers.list_invites import list_invites
from functions.customers.reject_invite import reject_invite
from functions.domain.customer import Action
from functions.domain.invite import InviteStatus
from runtime import Reject
from tests.functions.customers.desk import Desk, told


def test_an_invite_is_pending_and_told_with_the_same_request():
    desk = Desk()
    organization, customer = desk.organization(), desk.customer()

    answer = desk.invite(organization.id, {"invite": {"customer_id": customer.id}})

    row = {
        "id": answer.body.id,
        "organization_id": organization.id,
        "customer_id": customer.id,
        "status": "pending",
    }
    path = f"/organizations/{organization.id}/invites/{answer.body.id}"
    assert (answer.status, answer.headers) == (201, {"Location": path})
    assert told(answer) == row | {"entity": "Invite", "action": "created"}
    assert answer.publish.key == organization.id
    assert get_invite(organization.id, answer.body.id, desk.organizations, desk.invites) == (
        answer.body
    )


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "can't be blank"),
        ({"invite": {"customer_id": ""}}, "can't be blank"),
        ({"invite": {"customer_id": ["1"]}}, "is invalid"),
        ({"invite": {"customer_id": "nobody"}}, "must exist"),
        ({"invite": {"customer_id": 7}}, "must exist"),
    ],
)
def test_an_invite_of_nobody_is_refused(body, problem):
    desk = Desk()

    answer = desk.invite(desk.organization().id, body)

    assert (answer.status, answer.body) == (422, {"customer_id": [problem]})
    assert desk.invites.rows == {}
    assert not answer.publish


def test_an_unknown_organization_is_404():
    with pytest.raises(Reject) as refused:
        Desk().invite("nowhere", {})

    assert refused.value.status == 404


def test_only_the_organization_s_own_invites_are_listed():
    desk = Desk()
    ours, theirs, customer = desk.organization(), desk.organization(), desk.customer()
    first = desk.invited(ours.id, customer.id)
    other = desk.invited(theirs.id, customer.id)
    second = desk.invited(ours.id, customer.id)

    assert list_invites(ours.id, desk.organizations, desk.invites).invites == [second, first]
    assert list_invites(theirs.id, desk.organizations, desk.invites).invites == [other]
    page = list_invites(ours.id, desk.organizations, desk.invites, limit=1)
    assert page.invites == [second]
    rest = list_invites(ours.id, desk.organizations, desk.invites, limit=1, after=page.after)
    assert rest.invites == [first]


def test_another_organization_s_invite_is_404():
    desk = Desk()
    invite = desk.invited(desk.organization().id, desk.customer().id)

    with pytest.raises(Reject, match="has no invite") as refused:
        get_invite(desk.organization().id, invite.id, desk.organizations, desk.invites)

    assert refused.value.status == 404


@pytest.mark.parametrize(
    ("answer", "other", "status"),
    [
        (accept_invite, reject_invite, InviteStatus.ACCEPTED),
        (reject_invite, accept_invite, InviteStatus.REJECTED),
    ],
)
def test_the_first_answer_stands(answer, other, status):
    desk = Desk()
    organization = desk.organization()
    invite = desk.invited(organization.id, desk.customer().id)
    tables = (desk.organizations, desk.invites)

    first = answer(organization.id, invite.id, *tables)
    again = answer(organization.id, invite.id, *tables)

    assert (first.status, first.body.status) == (200, status)
    assert (told(first)["action"], told(first)["status"]) == ("edited", status)
    assert again.body == first.body
    assert not again.publish
    with pytest.raises(Reject, match="expected pending") as refused:
        other(organization.id, invite.id, *tables)
    assert refused.value.status == 409
    assert desk.invites.get(invite.id).status is status


def test_with_its_organization_the_invites_are_gone():
    desk = Desk()
    organization = desk.organization()
    invite = desk.invited(organization.id, desk.customer().id)
    delete_organization(organization.id, desk.organizations)

    for asked in (list_invites, lambda id, *tables: accept_invite(id, invite.id, *tables)):
        with pytest.raises(Reject) as refused:
            asked(organization.id, desk.organizations, desk.invites)
        assert refused.value.status == 404


def test_the_event_of_an_invite_changes_no_row():
    desk = Desk()
    invite = desk.invited(desk.organization().id, desk.customer().id)
    before = desk.invites.rows

    enlist_invite(invite.changed(Action.CREATED), desk.invites)

    assert desk.invites.rows == before
