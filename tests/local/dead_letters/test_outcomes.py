import pytest

from local.dead_letters import DeadLetters, Filter
from local.dead_letters.identity import event_hash
from runtime import wire
from runtime.dead_letters import restore
from runtime.put_off import PutOff
from tests.local.dead_letters.giving_up import EVENT, FRAUD, fail
from tests.local.memory_broker import MemoryBroker


class Cluster(MemoryBroker):
    """A broker with consumer groups."""

    reached: dict[int, int] = {}

    def committed(self, group: str, topic: str) -> dict[int, int]:
        assert (group, topic) == ("fraud-retries", f"{FRAUD}.retry")
        return self.reached


class Rows:
    """A state store with the marks of settled events."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.held: list[PutOff] = []

    def settle(self, broker: MemoryBroker) -> None:
        """Do as the function does when it has handled what is on its retry topic."""
        for record in broker.read(f"{FRAUD}.retry"):
            self.keys.append(f"fraud||settled/validate_fraud/{event_hash(record)}")

    def scan(self, prefix: str):
        if prefix == "fraud||held.packs/validate_fraud/":
            yield prefix, wire.encode(self.held)
        yield from ((key, b"1") for key in self.keys if key.startswith(prefix))


@pytest.fixture
def cluster(broker) -> Cluster:
    made = Cluster(broker.partitions)
    made.reached = {}
    fail(made, "d1")
    return made


def outcomes(cluster: Cluster, rows: Rows | None = None) -> list[str]:
    return [action.outcome for action in DeadLetters(cluster, rows).audit()]


def replay(cluster: Cluster) -> None:
    DeadLetters(cluster).replay(Filter(ids=("d1",)), by="ida", again=True)


def test_a_replayed_event_waits_until_the_function_has_come_to_it(cluster):
    replay(cluster)

    assert outcomes(cluster) == ["waiting"]


def test_it_is_taken_once_the_function_is_past_it(cluster):
    replay(cluster)
    cluster.reached = {1: 1}

    assert outcomes(cluster) == ["taken"]
    assert outcomes(cluster, Rows()) == ["taken"]


def test_it_is_handled_where_the_function_s_mark_says_so(cluster):
    rows = Rows()
    replay(cluster)
    rows.settle(cluster)
    cluster.reached = {1: 1}

    assert outcomes(cluster, rows) == ["handled"]


def test_it_waits_still_where_the_function_has_put_it_behind_another_one(cluster):
    rows = Rows()
    replay(cluster)
    [sent] = cluster.read(f"{FRAUD}.retry")
    event, letter = restore(sent)
    rows.held = [PutOff(event, letter)]
    cluster.reached = {1: 1}

    assert outcomes(cluster, rows) == ["waiting"]


def test_the_mark_is_that_of_the_edited_event(cluster):
    rows = Rows()
    cluster.records.clear()
    fail(cluster, "d1", value=b"gibberish")
    letters = DeadLetters(cluster)
    letters.edit(letters.get("d1"), EVENT, by="ida")
    replay(cluster)
    rows.settle(cluster)

    assert outcomes(cluster, rows) == ["edited", "handled"]


def test_it_has_failed_again_when_the_dead_letter_came_back(cluster):
    replay(cluster)
    fail(cluster, "d1", attempts=6)
    cluster.reached = {1: 1}

    assert outcomes(cluster) == ["failed again"]


def test_each_replay_has_an_outcome_of_its_own(cluster):
    rows = Rows()
    replay(cluster)
    fail(cluster, "d1", attempts=6)
    replay(cluster)
    rows.settle(cluster)

    assert outcomes(cluster, rows) == ["failed again", "handled"]


def test_an_edit_that_did_not_arrive_is_not_done(cluster):
    letters = DeadLetters(cluster)
    letters.patch("d1", {"data": 1}, by="ida")
    assert outcomes(cluster) == ["edited"]
    cluster.records = [each for each in cluster.records if "sluice-edition" not in each.headers]

    assert outcomes(cluster) == ["not done"]


def test_tells_the_actions_that_are_asked_for(cluster):
    fail(cluster, "d2")
    letters = DeadLetters(cluster)
    letters.discard(Filter(ids=("d2",)), by="ida", reason="a test order")
    replay(cluster)

    assert [each.audit.id for each in letters.audit()] == ["d2", "d1"]
    assert [each.outcome for each in letters.audit(Filter(ids=("d2",)))] == ["discarded"]
    assert letters.audit(Filter(function="set_stock")) == []
    assert len(letters.audit(Filter(function="validate_fraud"))) == 2
    second = letters.audit()[1]
    assert [e.audit.id for e in letters.audit(Filter(since=second.audit.at))] == ["d1"]
    assert [e.audit.id for e in letters.audit(Filter(until=second.audit.at))] == ["d2"]


def test_reads_the_audit_records_of_before(cluster):
    """The first version of the trail knew neither function nor place of a replay."""
    from runtime.record import Message

    record = (
        b'{"id":"d1","action":"replay","at":"2010-12-01T08:26:00Z","by":"ida","reason":"",'
        b'"partition":0,"offset":0,"attempts":3}'
    )
    cluster.publish([Message("sluice.dead-letters.audit", "d1", record, {})])
    cluster.publish([Message("sluice.dead-letters.audit", "d1", b"somebody else's", {})])

    assert DeadLetters(cluster).find() == []
    assert outcomes(cluster) == ["waiting"]
