"""An event that comes twice, in whatever way, counts once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from runtime.dead_letters import replay_message
from runtime.record import Message, Record
from tests.chaos import ledger
from tests.chaos.deliveries import deliver_to_both
from tests.chaos.ledger import Ledger
from tests.chaos.on_dapr import DaprSystem
from tests.chaos.run import EVENTS, Run, under_other_keys
from tests.chaos.system import System

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
ENGINES = ["embedded", pytest.param("dapr", marks=pytest.mark.platform)]
LETTERS = "desk.look_at_parcel.dead-letters"
#: A partition that no other test uses, and records of it in one delivery.
ANOTHER, BATCH = 3, 10
_numbers = itertools.count()


@pytest.fixture(params=ENGINES)
def system(request: pytest.FixtureRequest) -> System:
    found: System = request.getfixturevalue(f"{request.param}_system")
    return found


@pytest.fixture
def calm(system: System) -> Ledger:
    """What a run leaves whose events come once."""
    run = quiet_run(system)
    return ledger.read(system, run.name)[run.name]


def new_run(**size: int) -> Run:
    return Run(f"dup-{next(_numbers):02}", **size)


def quiet_run(system: System, **size: int) -> Run:
    run = new_run(**size)
    run.start(system)
    system.wait_until_quiet()
    assert run.answered
    return run


def ledger_of(system: System, run: Run) -> Ledger:
    system.wait_until_quiet()
    return ledger.read(system, run.name)[run.name]


def records(system: System, topic: str, run: Run) -> Iterator[Record]:
    return (r for r in system.broker.read(topic) if r.key and r.key.startswith(run.name))


def as_sent(record: Record) -> Message:
    return Message(record.topic, record.key, record.value, record.headers)


def test_an_event_that_its_producer_sends_again_counts_once(system: System, calm: Ledger) -> None:
    """Sent to another partition it may overtake the first one: then it is this one that counts."""
    run, again = new_run(), []
    run.start(system)
    for _ in range(2):  # while it is at work on them, and when all is done
        again += system.broker.publish(run.messages())
        again += system.broker.publish(under_other_keys(run.messages()))
        found = ledger_of(system, run)

    sent = "topic parcels"
    assert len({partition for partition, _ in again}) == 3
    assert found.count(sent) == calm.count(sent) + len(again)
    differences = (
        found.without(sent)
        .whichever_came_first()
        .differences(calm.without(sent).whichever_came_first())
    )
    assert not differences, str(differences)


def test_an_output_that_is_published_again_counts_once(system: System, calm: Ledger) -> None:
    run = quiet_run(system)
    topics = ("parcels", "weights", "desk.load_parcel.retry")
    again = [as_sent(record) for topic in topics for record in records(system, topic, run)]
    system.broker.publish(again)
    found = ledger_of(system, run)

    doubled = ("topic parcels", "topic weights")
    assert found.count("topic weights") == 2 * calm.count("topic weights")
    assert {message.topic for message in again} == set(topics)
    assert not found.without(*doubled).differences(calm.without(*doubled))


def test_a_dead_letter_that_is_replayed_again_is_handled_once(system: System, calm: Ledger) -> None:
    run = quiet_run(system)
    letters = list(records(system, LETTERS, run))
    replays = [replay_message("desk.look_at_parcel.retry", letter) for letter in letters]
    system.repairs.add(run.name)
    for _ in range(2):  # twice at once, and twice when all is done
        system.broker.publish([*replays, *replays])
        found = ledger_of(system, run)

    looked = [row for place, row in found.lines if place == "table looked"]
    complete = [row for row in looked if f'"events":{EVENTS},' in row]
    assert len(letters) == calm.count(f"topic {LETTERS}") > 0
    assert len(complete) == run.parcels
    assert not found.without("table looked").differences(calm.without("table looked"))


def test_a_dead_letter_that_fails_again_is_the_same_one(system: System, calm: Ledger) -> None:
    run = quiet_run(system)
    letters = list(records(system, LETTERS, run))
    replays = [replay_message("desk.look_at_parcel.retry", letter) for letter in letters]
    system.broker.publish([*replays, *replays])
    found = ledger_of(system, run)

    assert len({r.headers["sluice-id"] for r in records(system, LETTERS, run)}) == len(letters)
    place = f"topic {LETTERS}"
    assert not found.without(place).differences(calm.without(place))


@pytest.mark.platform
def test_records_that_a_group_reads_again_from_the_beginning_count_once(
    dapr_system: DaprSystem,
) -> None:
    run = quiet_run(dapr_system)
    before = ledger_of(dapr_system, run)
    dapr_system.rest()
    dapr_system.read_all_again()
    dapr_system.revive()
    dapr_system.wait_until_ready()
    after = ledger_of(dapr_system, run)

    assert not after.differences(before), str(after.differences(before))


@pytest.mark.platform
def test_records_that_two_replicas_are_given_at_the_same_moment_count_once(
    dapr_system: DaprSystem,
) -> None:
    calm, run = quiet_run(dapr_system, requests=0), new_run(requests=0)
    replicas = [dapr_system.running["depot-1"], dapr_system.running[dapr_system.add("depot")]]
    dapr_system.wait_until_ready()
    for start in range(0, len(run.messages()), BATCH):
        batch = run.messages()[start : start + BATCH]
        deliver_to_both([replica.http_url for replica in replicas], ANOTHER, start, batch)
    found = ledger_of(dapr_system, run)

    own = ("table scales", "table counted", "topic weights", "topic closings", "mails")
    expected = ledger_of(dapr_system, calm).only(*own)
    assert expected.count("topic weights") == run.parcels * EVENTS
    assert not found.only(*own).differences(expected)
