"""Deliveries as daprd makes them, by our own hand: to two replicas at the same moment."""

from __future__ import annotations

import base64
import http.client
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

import msgspec

from runtime.record import Message


def deliver_to_both(
    urls: Sequence[str], partition: int, offset: int, messages: Sequence[Message]
) -> None:
    """Hand the same records of one topic and partition to several replicas at once.

    As daprd does, each delivery is repeated until every one of its records was taken.
    """
    body = msgspec.json.encode(
        {
            "topic": messages[0].topic,
            "entries": [
                _entry(message, partition, offset + number)
                for number, message in enumerate(messages)
            ],
        }
    )
    together = Barrier(len(urls))
    with ThreadPoolExecutor(len(urls)) as pool:
        for _ in pool.map(lambda url: _deliver(url, messages[0].topic, body, together), urls):
            pass


def _deliver(url: str, topic: str, body: bytes, together: Barrier) -> None:
    together.wait(30)
    while "RETRY" in _statuses(url, topic, body):
        pass


def _statuses(url: str, topic: str, body: bytes) -> set[str]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        connection.request("POST", f"/deliveries/events/{topic}", body)
        answer: Any = msgspec.json.decode(connection.getresponse().read())
    finally:
        connection.close()
    return {entry["status"] for entry in answer["statuses"]}


def _entry(message: Message, partition: int, offset: int) -> dict[str, Any]:
    metadata = {
        **message.headers,
        "__key": message.key,
        "__partition": str(partition),
        "__offset": str(offset),
        "__timestamp": "1780000000000",
    }
    return {
        "entryId": str(offset),
        "event": base64.b64encode(message.value).decode(),
        "metadata": metadata,
    }
