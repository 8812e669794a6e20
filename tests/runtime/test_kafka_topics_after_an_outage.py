"""A client of the broker that does not come back from an outage is not asked for good."""

from __future__ import annotations

from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from runtime.errors import PlatformDown
from runtime.kafka_topics import KafkaTopics


class Stuck:
    """The first client never finds the controller again; those made after it do."""

    made = 0

    def __init__(self, settings: Any) -> None:
        Stuck.made += 1
        self.is_stuck = Stuck.made == 1

    def describe_topics(self, names: Any, request_timeout: float) -> dict[str, Any]:
        if self.is_stuck:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        return {}


def test_the_next_question_has_a_new_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.kafka_topics.AdminClient", Stuck)
    topics = KafkaTopics("127.0.0.1:1")
    with pytest.raises(PlatformDown):
        topics.find(["sold"])

    assert topics.find(["sold"]) == {}
    assert topics.find(["sold"]) == {}
    assert Stuck.made == 2
