import itertools

import pytest

from local.dead_letters import DeadLetters, Filter, entries, replay
from local.dead_letters.audit import read_trail
from local.dead_letters.replaying import Replay
from runtime.dead_letters import restore
from runtime.errors import PlatformDown
from tests.local.dead_letters.giving_up import FRAUD, STOCK, empty_broker, fail
from tests.local.memory_broker import MemoryBroker

AUDIT = "sluice.dead-letters.audit"


def sent(broker: MemoryBroker, function: str = FRAUD) -> list[str]:
    """The ids of the dead letters on the retry topic, in their order."""
    return [record.headers["sluice-id"] for record in broker.read(f"{function}.retry")]


def test_sends_the_original_record_to_the_function_that_failed_only(broker):
    fail(broker, "d1", value=b"\xff")

    DeadLetters(broker).replay(Filter(), by="ida")

    [record] = broker.read(f"{FRAUD}.retry")
    original, letter = restore(record)
    assert (original.topic, original.key, original.value) == ("orders", "o-1", b"\xff")
    assert original.headers == {"content-type": "x"}
    assert letter is not None
    assert letter.attempts == 3
    assert list(broker.read("orders")) == []


def test_gives_a_new_retry_topic_the_partitions_of_the_dead_letters(broker):
    fail(broker, "d1", function=STOCK)

    DeadLetters(broker).replay(Filter(), by="ida")

    assert broker.topics()[f"{STOCK}.retry"] == broker.topics()[f"{STOCK}.dead-letters"]


def test_writes_down_who_replayed_what_when_and_why(broker):
    fail(broker, "d1")

    DeadLetters(broker).replay(Filter(), by="ida", reason="stock is loaded now")

    [action] = read_trail(broker).actions
    assert (action.id, action.action, action.by) == ("d1", "replay", "ida")
    assert (action.reason, action.function) == ("stock is loaded now", FRAUD)
    assert (action.sent_partition, action.sent_offset) == (1, 0)
    assert read_trail(broker).unfinished == {}


def test_sends_nothing_for_nothing(broker):
    assert DeadLetters(broker).replay(Filter(), by="ida") == 0
    assert list(broker.read(AUDIT)) == []


def test_leaves_out_what_was_replayed_unless_told_otherwise(broker):
    fail(broker, "d1")
    letters = DeadLetters(broker)
    letters.replay(Filter(ids=("d1",)), by="ida")

    assert letters.replay(Filter(ids=("d1",)), by="ida") == 0
    assert letters.replay(Filter(), by="ida") == 0
    assert letters.replay(Filter(ids=("d1",)), by="ida", again=True) == 1
    assert sent(broker) == ["d1", "d1"]


def test_replays_what_was_discarded_only_by_its_id(broker):
    fail(broker, "d1")
    letters = DeadLetters(broker)
    letters.discard(Filter(), by="ida", reason="a mistake")

    assert letters.replay(Filter(function=FRAUD), by="ida") == 0
    assert letters.replay(Filter(ids=("d1",)), by="ida") == 1
    [digest] = letters.find(Filter(ids=("d1",)))
    assert digest.state == "replayed"


def test_sends_an_entry_once_more_whatever_was_done_with_it(broker):
    fail(broker, "d1")
    [entry] = entries(broker)

    assert replay(broker, [entry], by="ida") == 1
    assert replay(broker, [entry], by="ida") == 1
    assert sent(broker) == ["d1", "d1"]


def test_sends_in_batches_and_tells_how_far_it_is(broker, monkeypatch):
    monkeypatch.setattr("local.dead_letters.replaying.BATCH", 3)
    for number in range(7):
        fail(broker, f"d{number}")
    done: list[int] = []

    DeadLetters(broker).replay(Filter(), by="ida", advance=done.append)

    assert done == [3, 3, 1]
    assert len(sent(broker)) == 7


@pytest.mark.parametrize(("rate", "most"), [(0.5, 1), (10, 2), (1000, 200)])
def test_sends_no_faster_than_it_may(broker, rate, most):
    for number in range(9):
        fail(broker, f"d{number}")
    now, sent_at = 100.0, []

    def pause(seconds: float) -> None:
        nonlocal now
        now += seconds

    run = Replay(broker, by="ida", rate=rate, clock=lambda: now, pause=pause)
    run.send(DeadLetters(broker).find(), lambda count: sent_at.append((now - 100, count)))

    total = 0
    for seconds, count in sent_at:
        assert count <= most
        assert total <= seconds * rate + 1e-6
        total += count
    assert total == 9


class Dying(MemoryBroker):
    """Dies at one of its publishes: before it, after half of it, or after it."""

    deadline: int | None = None
    share: float = 0

    def publish(self, messages, *, timestamps_ms=None):
        if self.deadline is not None:
            self.deadline -= 1
            if self.deadline < 0:
                super().publish(messages[: int(len(messages) * self.share)])
                raise PlatformDown("killed")
        return super().publish(messages)


@pytest.mark.parametrize(("step", "share"), list(itertools.product(range(8), (0, 0.5, 1))))
def test_goes_on_where_it_was_killed(step, share, monkeypatch):
    """Its publishes: begin, three times events and their actions, end."""
    monkeypatch.setattr("local.dead_letters.replaying.BATCH", 4)
    broker = Dying(empty_broker().partitions)
    for number in range(12):
        fail(broker, f"d{number:02}", function=FRAUD if number % 3 else STOCK)
    broker.deadline, broker.share = step, share
    with pytest.raises(PlatformDown):
        DeadLetters(broker).replay(Filter(), by="ida", reason="first")
    broker.deadline = None
    before = len(sent(broker)) + len(sent(broker, STOCK))

    again = DeadLetters(broker).replay(Filter(), by="max", reason="second")

    assert before + again == 12
    assert sorted([*sent(broker), *sent(broker, STOCK)]) == [f"d{n:02}" for n in range(12)]
    trail = read_trail(broker)
    assert sorted(action.id for action in trail.actions) == [f"d{n:02}" for n in range(12)]
    assert sum(action.by == "ida" for action in trail.actions) == before
    assert trail.unfinished == {}
    assert DeadLetters(broker).find() == []


def test_shows_as_replayed_what_a_killed_run_has_sent(broker):
    dying = Dying(broker.partitions)
    fail(dying, "d1")
    dying.deadline, dying.share = 2, 0
    with pytest.raises(PlatformDown):
        DeadLetters(dying).replay(Filter(), by="ida")
    dying.deadline = None

    assert sent(dying) == ["d1"]
    assert DeadLetters(dying).find() == []
    assert DeadLetters(dying).replayable(Filter(ids=("d1",))) == []


def test_tells_less_when_a_topic_has_let_go_of_some(broker):
    fail(broker, "d1")
    fail(broker, "d2")
    letters = DeadLetters(broker)
    chosen = letters.replayable(Filter())
    broker.records.pop(0)

    assert letters.send(chosen, by="ida") == 1
