"""What is counted and timed, for Prometheus: served at /metrics."""

from __future__ import annotations

import collections
import functools
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge, Histogram

from runtime.record import Message

EVENTS = Counter(
    "sluice_events",
    "Events by outcome: handled, refused (by when=), duplicate, redelivered, put_off, dead_letter.",
    ["function", "outcome"],
)
PUBLISHED = Counter("sluice_published", "Records published.", ["function", "topic"])
RERUNS = Counter(
    "sluice_reruns", "Units of work run again because somebody else changed a row.", ["function"]
)
BREAKER = Gauge("sluice_breaker_open", "1 while a function is not called.", ["function"])
OUTAGES = Counter(
    "sluice_outages", "Deliveries put off because the platform did not answer.", ["topic"]
)
LOST = Counter(
    "sluice_lost_events",
    "Records that did not come to a function, at most: removed from the topic before, or skipped.",
    ["function", "topic", "reason"],
)
REQUESTS = Counter("sluice_requests", "HTTP requests by status.", ["function", "status"])
REFUSED = Counter(
    "sluice_refused_requests", "Requests not let in: token, browser or size.", ["reason"]
)
BATCH = Histogram(
    "sluice_batch_events",
    "Events in one unit of work.",
    ["function"],
    buckets=(1, 10, 50, 100, 200, 500, 1000, 2000, 5000),
)
STEP = Histogram(
    "sluice_step_seconds",
    "Seconds of one step of a unit of work: read, handle, transact, publish. The first two also"
    " wait for rows that another unit of the function is writing.",
    ["function", "step"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
)
AWAITED = Gauge("sluice_awaited", "1 while this part of the platform does not answer.", ["what"])
WAITING = Gauge("sluice_waiting_requests", "Requests that wait for a row to change.")


@functools.cache
def outcome(function: str, outcome: str) -> Counter:
    """The counter of one function's events; looking it up anew costs 10 microseconds."""
    return EVENTS.labels(function, outcome)


@functools.cache
def batch(function: str) -> Histogram:
    """The batch sizes of one function."""
    return BATCH.labels(function)


@functools.cache
def request(function: str, status: int) -> Counter:
    """The counter of one function's requests that were answered with this status."""
    return REQUESTS.labels(function, str(status))


def count_published(function: str, messages: Iterable[Message]) -> None:
    """Count what a unit of work has published."""
    for topic, count in collections.Counter(message.topic for message in messages).items():
        _published(function, topic).inc(count)


@functools.cache
def _published(function: str, topic: str) -> Counter:
    return PUBLISHED.labels(function, topic)


@functools.cache
def _step(function: str, step: str) -> Histogram:
    return STEP.labels(function, step)


@contextmanager
def timed(function: str, step: str) -> Iterator[None]:
    """Time one step of a unit of work, whether or not it succeeds."""
    start = time.perf_counter()
    try:
        yield
    finally:
        _step(function, step).observe(time.perf_counter() - start)
