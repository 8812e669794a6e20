"""A client of the broker that does not come back from an outage is not asked for good, nor kept."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from runtime.errors import PlatformDown
from runtime.kafka_topics import KafkaTopics


class Stuck:
    """The first client never finds the controller again; those made after it do."""

    made: list[weakref.ref[Stuck]] = []

    def __init__(self, settings: Any) -> None:
        Stuck.made.append(weakref.ref(self))
        self.is_stuck = len(Stuck.made) == 1

    def describe_topics(self, names: Any, request_timeout: float) -> dict[str, Any]:
        answer: Future[Any] = Future()
        if self.is_stuck:
            answer.set_exception(KafkaException(KafkaError(KafkaError._TIMED_OUT)))
            return {"sold": answer}
        return {}


@pytest.fixture
def topics(monkeypatch: pytest.MonkeyPatch) -> KafkaTopics:
    monkeypatch.setattr("runtime.kafka_topics.AdminClient", Stuck)
    monkeypatch.setattr(Stuck, "made", [])
    return KafkaTopics("127.0.0.1:1")


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def test_the_next_question_has_a_new_client(topics: KafkaTopics) -> None:
    with pytest.raises(PlatformDown):
        topics.find(["sold"])

    assert topics.find(["sold"]) == {}
    assert topics.find(["sold"]) == {}
    assert len(Stuck.made) == 2


def test_the_old_client_is_gone_at_once(topics: KafkaTopics, no_collector: None) -> None:
    """It has threads: after an hour of an outage they were 1,300, and 800 MB."""
    with suppress(PlatformDown):
        topics.find(["sold"])

    assert [client() for client in Stuck.made] == [None]
