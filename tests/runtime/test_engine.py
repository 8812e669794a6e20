"""The embedded engine: every function gets everything on its topics, in order, once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from runtime import Clock, FakeClock, Outgoing, Table, function
from runtime.arguments import Resources
from runtime.engine import EmbeddedEngine
from runtime.handled import next_offset
from runtime.record import Message
from runtime.registry import Registry, Service
from runtime.sidecars.embedded import EmbeddedSidecar, Store
from tests.waiting import wait_until


class Diary:
    """A resource in which functions write down what they were called with."""

    def __init__(self) -> None:
        self.entries: list[str] = []
        self.reached = threading.Event()
        self.go_on = threading.Event()

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Diary:
        return cls()


class Level(msgspec.Struct):
    level: int


@function(subscribes="words", when=lambda word: word == "a")
def write_a_down(word: str, diary: Diary) -> None:
    """Write down one word only."""
    diary.entries.append(word)


@function(subscribes="words")
def write_down(word: str, diary: Diary) -> None:
    """Write the word into the diary."""
    diary.entries.append(word)


@function(subscribes="words", publishes="longer-words")
def lengthen(word: str) -> Outgoing:
    """Publish the word, one letter longer."""
    return Outgoing(word + "!", key=word)


@function(subscribes="longer-words", publishes="words")
def send_back(word: str) -> Outgoing | None:
    """Send the word round again until it is five letters long."""
    return Outgoing(word, key=word) if len(word) < 5 else None


@function(subscribes="words")
def wait_for_leave(word: str, diary: Diary) -> None:
    """Stand still until the test says go on."""
    diary.reached.set()
    diary.go_on.wait(20)
    diary.entries.append(f"waited for {word}")


@function(subscribes="levels", fills_table=True)
def keep_level(level: int, diary: Diary, levels: Table[Level]) -> None:
    """Keep the level."""
    levels.put(str(level), Level(level))
    diary.entries.append("level")


@function(subscribes="words")
def look_up(word: str, diary: Diary, levels: Table[Level]) -> None:
    """Write down whether the table knows the word."""
    diary.entries.append(f"{word} is {'known' if word in levels else 'unknown'}")


@function(every="10s")
def chime(clock: Clock, diary: Diary) -> None:
    """Write down the time."""
    diary.entries.append(f"{clock.now():%H:%M:%S}")


def registry(*functions) -> Registry:
    service = Service("shop", {each.spec.name: each.spec for each in functions})
    return Registry({"shop": service})


def words(*texts: str, topic: str = "words") -> list[Message]:
    return [Message(topic, text, msgspec.json.encode(text)) for text in texts]


class Shop:
    """A store, and the engines that a test starts on it."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store = store
        self.clock = clock
        self.resources = Resources({})
        self.diary: Diary = self.resources.get(Diary)
        self.engines: list[EmbeddedEngine] = []

    def start(self, *functions) -> EmbeddedEngine:
        engine = EmbeddedEngine(
            registry(*functions), self.store, clock=self.clock, resources=self.resources
        )
        self.engines.append(engine)
        engine.start()
        return engine

    def values(self, topic: str) -> list[object]:
        records = self.store.reader(topic).read(1000)
        return [msgspec.json.decode(record.value) for record in records]


@pytest.fixture
def shop(tmp_path) -> Iterator[Shop]:
    clock = FakeClock()
    with Store.open(tmp_path / "data", clock=clock) as store:
        shop = Shop(store, clock)
        yield shop
        shop.diary.go_on.set()
        for engine in shop.engines:
            engine.stop()


def test_delivers_what_was_on_the_log_before_it_started(shop):
    shop.store.publish(words("a", "b"))
    engine = shop.start(write_down)

    assert engine.wait_idle(10)
    assert shop.diary.entries == ["a", "b"]


def test_delivers_what_arrives_later(shop):
    engine = shop.start(write_down)
    engine.wait_idle(10)
    shop.store.publish(words("a"))

    assert engine.wait_idle(10)
    assert shop.diary.entries == ["a"]


def test_delivers_in_the_order_of_arrival_over_all_partitions(shop):
    sent = [f"word-{number}" for number in range(300)]
    for start in range(0, 300, 7):
        shop.store.publish(words(*sent[start : start + 7]))
    shop.start(write_down).wait_idle(10)

    assert shop.diary.entries == sent


def test_goes_on_where_it_stopped(shop):
    shop.store.publish(words("a", "b"))
    first = shop.start(write_down)
    first.wait_idle(10)
    first.stop()
    shop.store.publish(words("c"))
    shop.start(write_down).wait_idle(10)

    assert shop.diary.entries == ["a", "b", "c"]


def test_gives_a_new_function_everything_from_the_beginning(shop):
    shop.store.publish(words("a", "b"))
    first = shop.start(lengthen)
    first.wait_idle(10)
    first.stop()
    shop.start(lengthen, write_down).wait_idle(10)

    assert shop.diary.entries == ["a", "b"]


def test_is_idle_only_when_the_last_event_of_a_chain_is_delivered(shop):
    shop.store.publish(words("a"))
    engine = shop.start(lengthen, send_back)

    assert engine.wait_idle(10)
    assert shop.values("longer-words")[-1]["data"] == "a!!!!"


def test_is_not_idle_while_a_function_works(shop):
    engine = shop.start(wait_for_leave)
    shop.store.publish(words("a"))
    shop.diary.reached.wait(10)

    assert not engine.wait_idle(0.1)


def test_who_waits_is_told_when_a_function_rests(shop, monkeypatch):
    monkeypatch.setattr("runtime.engine._LOOK_SECONDS", 60)
    engine = shop.start(wait_for_leave)
    shop.store.publish(words("a"))
    shop.diary.reached.wait(10)
    asked, idle = threading.Event(), engine.idle
    monkeypatch.setattr(engine, "idle", lambda: (idle(), asked.set())[0])

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(engine.wait_idle, 60)
        asked.wait(10)
        shop.diary.go_on.set()

        assert waiting.result(20)


def test_nobody_waits_longer_than_he_said(shop, monkeypatch):
    monkeypatch.setattr("runtime.engine._LOOK_SECONDS", 60)
    engine = shop.start(wait_for_leave)
    shop.store.publish(words("a"))
    shop.diary.reached.wait(10)
    began = time.monotonic()

    assert not engine.wait_idle(0.1)
    assert time.monotonic() - began < 30


def test_is_idle_while_topics_that_nobody_reads_go_on_growing(shop):
    engine = shop.start(write_down)
    growing = threading.Event()

    def grow() -> None:
        while not growing.is_set():
            shop.store.publish(words("a", topic="unread"))

    with ThreadPoolExecutor(1) as pool:
        pool.submit(grow)
        idle = engine.wait_idle(10)
        growing.set()

    assert idle


def test_delivers_a_retry_topic_to_its_own_function_only(shop):
    shop.store.publish(words("again", topic=write_down.spec.retry_topic))
    engine = shop.start(write_down, lengthen)
    engine.wait_idle(10)

    assert shop.diary.entries == ["again"]
    assert shop.values("longer-words") == []


def test_fills_the_tables_of_a_service_before_its_functions_begin(shop):
    shop.store.publish(words("2999"))
    shop.store.publish([Message("levels", None, b"%d" % number) for number in range(3000)])
    shop.start(keep_level, look_up).wait_idle(30)

    assert shop.diary.entries == ["level"] * 3000 + ["2999 is known"]


def test_a_function_that_stands_still_holds_up_no_other(shop):
    shop.start(wait_for_leave, write_down)
    shop.store.publish(words("a", "b"))

    wait_until(lambda: shop.diary.entries == ["a", "b"])


def test_stopping_finishes_the_batch_under_way(shop):
    engine = shop.start(wait_for_leave)
    shop.store.publish(words("a"))
    shop.diary.reached.wait(10)
    with ThreadPoolExecutor(1) as pool:
        stopped = pool.submit(engine.stop, 10)
        shop.diary.go_on.set()

    assert stopped.result()
    assert shop.diary.entries == ["waited for a"]


def test_says_when_something_could_not_be_finished_in_time(shop):
    engine = shop.start(wait_for_leave)
    shop.store.publish(words("a"))
    shop.diary.reached.wait(10)

    assert not engine.stop(0.05)


def test_stops_at_once_when_there_is_nothing_to_do(shop):
    engine = shop.start(write_down, lengthen, send_back, chime)
    engine.wait_idle(10)

    assert engine.stop(2)


def test_runs_a_schedule_when_it_is_due(shop):
    engine = shop.start(chime)
    engine.tick()
    shop.clock.advance(9)
    engine.tick()
    shop.clock.advance(1)
    engine.tick()

    assert shop.diary.entries == ["00:00:00", "00:00:10"]


def test_keeps_the_position_with_the_rows(shop):
    shop.store.publish(words("a"))
    shop.start(write_down).wait_idle(10)
    partition = shop.store.reader("words").read(1)[0].partition

    key = f"progress/write_down/words/{partition}"
    assert key in EmbeddedSidecar(shop.store, "shop").get([key])


def test_keeps_the_position_behind_what_nobody_is_called_for_once_it_ends(shop):
    shop.store.topics.create("words", 1)
    engine = shop.start(write_a_down)
    for text in "abbb":
        shop.store.publish(words(text))
        engine.wait_idle(10)
    engine.stop()

    key = "progress/write_a_down/words/0"
    assert next_offset(EmbeddedSidecar(shop.store, "shop").get([key])[key].value) == 4
