"""replicate_user: a copy of the users, of our own."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from functions.domain.customer import Action
from functions.domain.user import Activity, User
from functions.users.copy import Seen, UserCopy
from functions.users.get_replica import get_replica
from functions.users.list_replicas import list_replicas
from functions.users.replicate_user import replicate_user
from runtime import Reject, Table
from tests.runtime.making import Shop, record

ADA = {"id": "1", "email": "ada@example.com", "name": "Ada", "last_name": "Moss"}


class Copy:
    def __init__(self) -> None:
        self.users: Table[UserCopy] = Table({})
        self.seen: Table[Seen] = Table({})

    def tell(self, what: str, uuid: str, /, **user: Any) -> None:
        activity = msgspec.convert({"name": what, "data": {"id": uuid, "user": user}}, Activity)
        replicate_user(activity, self.users, self.seen)


@pytest.fixture
def copy() -> Copy:
    return Copy()


def test_a_user_that_is_told_is_copied(copy):
    copy.tell("user_created", "a", **ADA)

    assert get_replica("1", copy.users) == UserCopy(**ADA)


def test_what_the_security_service_tells_is_understood():
    activity = Activity.of(User(**ADA), Action.CREATED, "a")
    copy = Copy()

    replicate_user(
        msgspec.json.decode(msgspec.json.encode(activity), type=Activity), copy.users, copy.seen
    )

    assert copy.users.rows == {"1": UserCopy(**ADA)}


def test_a_uuid_already_seen_is_discarded(copy):
    copy.tell("user_created", "a", **ADA)
    copy.tell("user_edited", "b", id="1", name="Eve")

    copy.tell("user_created", "a", **ADA)
    copy.tell("user_edited", "a", id="1", name="somebody else")

    assert copy.users.get("1").name == "Eve"


def test_a_deleted_user_does_not_come_back_with_an_old_uuid(copy):
    copy.tell("user_created", "a", **ADA)
    copy.tell("user_deleted", "b", id="1")

    copy.tell("user_created", "a", **ADA)

    assert copy.users.rows == {}
    with pytest.raises(Reject) as refused:
        get_replica("1", copy.users)
    assert refused.value.status == 404


def test_a_field_that_is_not_told_stays(copy):
    copy.tell("user_created", "a", **ADA)

    copy.tell("user_edited", "b", id="1", email="new@example.com", name=None)

    assert copy.users.get("1") == UserCopy(**ADA | {"email": "new@example.com"})


def test_other_activities_and_other_fields_are_passed_over(copy):
    copy.tell("user_created", "a", **ADA, password_hash="$scrypt$")
    copy.tell("user_logged_in", "b", id="2")

    assert copy.users.rows == {"1": UserCopy(**ADA)}
    assert "$scrypt$" not in repr((copy.users.rows, copy.seen.rows))


def test_an_id_may_be_a_number(copy):
    copy.tell("user_created", "a", id=7, email="x@example.com")

    assert get_replica("7", copy.users).email == "x@example.com"


def test_the_copy_is_listed_newest_first(copy):
    for id in "123":
        copy.tell("user_created", id, id=id)

    assert [user.id for user in list_replicas(copy.users).users] == ["3", "2", "1"]
    assert [user.id for user in list_replicas(copy.users, limit=1).users] == ["3"]


def test_plain_json_without_any_attribute_is_handled_once_however_often_it_comes():
    shop = Shop(replicate_user)
    told = msgspec.json.encode({"name": "user_created", "data": {"id": "a", "user": ADA}})
    forged = told.replace(b"Ada", b"Eve")

    shop.consumer.deliver(
        [
            record(offset, value, topic="user_activity", key=None)
            for offset, value in enumerate([told, told, b"no JSON", forged])
        ]
    )
    shop.consumer.deliver([record(4, forged, topic="user_activity", key=None)])

    [row] = [value for key, value in shop.sidecar.rows.items() if key.startswith("users/")]
    assert msgspec.json.decode(row)["row"]["name"] == "Ada"
    assert [m.topic for m in shop.sidecar.messages] == ["users.replicate_user.dead-letters"]
