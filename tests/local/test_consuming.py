"""What Kafka says of a member of a consumer group is read as it stands in the protocol."""

from __future__ import annotations

import pytest

from local.consuming import topics_of

ORDERS_0_1 = b"\x00\x06orders" + b"\x00\x00\x00\x02" + b"\x00\x00\x00\x00" + b"\x00\x00\x00\x01"
MAILS_2 = b"\x00\x05mails" + b"\x00\x00\x00\x01" + b"\x00\x00\x00\x02"
NO_USER_DATA = b"\xff\xff\xff\xff"


@pytest.mark.parametrize(
    ("assignment", "topics"),
    [
        (b"", []),
        (b"\x00\x01\x00\x00\x00\x00" + NO_USER_DATA, []),
        (b"\x00\x00\x00\x00\x00\x01" + ORDERS_0_1 + NO_USER_DATA, ["orders"]),
        (b"\x00\x03\x00\x00\x00\x02" + ORDERS_0_1 + MAILS_2, ["orders", "mails"]),
    ],
)
def test_the_topics_of_an_assignment(assignment: bytes, topics: list[str]) -> None:
    assert topics_of(assignment) == topics
