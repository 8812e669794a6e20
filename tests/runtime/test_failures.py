"""Events that fail: tried again later without holding others up, in their order, never twice."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator

import msgspec
import pytest

from runtime import Event, Reject, Retries, Retry, Table, function
from runtime.dead_letters import DeadLetter, replay_message
from runtime.errors import PlatformDown
from runtime.options import TAKEN
from tests.runtime.making import Sale, Shelf, Shop, Trouble, as_record, record, sale

QUICK = Retries(attempts=2, first_seconds=0, most_seconds=0)


@function(subscribes="sales", publishes="sold", retries=QUICK)
def count(sale: Sale, shelves: Table[Shelf], trouble: Trouble) -> Sale:
    """Count what was sold."""
    with shelves.edit(sale.product, Shelf) as shelf:
        shelf.sold += sale.pieces
    trouble.call(sale.product)
    return sale


@function(subscribes="sales", batch=1, retries=QUICK)
def count_one_by_one(sale: Sale, trouble: Trouble) -> None:
    """Count each sale in a unit of work of its own."""
    trouble.call(sale.product)


@function(subscribes="sales", ordered=True, batch=3, retries=QUICK)
def count_in_order(sale: Sale, event: Event, trouble: Trouble) -> None:
    """Count by event id, so that a test sees the order of the calls."""
    trouble.call(event.id)


@function(subscribes="sales", ordered=True, unique=lambda sale: sale.product, retries=QUICK)
def count_unique_in_order(sale: Sale, trouble: Trouble) -> None:
    """Count each product once."""
    trouble.call(sale.product)


@function(subscribes="sales", retries=Retries(attempts=1, later_seconds=(2, 4)))
def count_impatiently(sale: Sale, trouble: Trouble) -> None:
    """Count, with delays of its own."""
    trouble.call(sale.product)


@pytest.fixture
def shop() -> Shop:
    return Shop(count, retry_seconds="5,30")


@pytest.fixture
def ordered() -> Shop:
    return Shop(count_in_order, retry_seconds="5,30")


def failing(times: int) -> list[BaseException]:
    return [OSError("busy") for _ in range(times)]


def retries(shop: Shop) -> Iterator[DeadLetter]:
    """What the headers of the records on the retry topic say."""
    for message in shop.sidecar.messages:
        if message.topic == shop.spec.retry_topic:
            yield DeadLetter.read(message.headers)


# Later attempts


def test_a_failing_event_is_tried_again_when_its_delay_is_over(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = failing(2)
    shop.deliver(sale(0), sale(1, "hats"))

    assert (shop.sold("socks"), shop.sold("hats"), shop.letters) == (0, 1, [])
    shop.pass_time(4)
    assert shop.sold("socks") == 0
    shop.pass_time(2)
    assert (shop.sold("socks"), shop.letters) == (1, [])
    assert [output["data"]["product"] for output in shop.outputs] == ["hats", "socks"]


def test_nothing_is_left_of_an_event_that_was_handled_later(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = failing(2)
    shop.deliver(sale(0))
    shop.pass_time(6)

    assert not [key for key in shop.sidecar.rows if key.startswith(("later", "held"))]


def test_the_delays_grow_and_then_it_is_one_dead_letter(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = failing(6)
    shop.deliver(sale(0))
    shop.pass_time(60)

    [reason] = shop.reasons
    assert (reason.attempts, reason.retries, reason.due) == (6, 2, "")
    assert reason.first_failed[:19] == "2026-01-01T12:00:00"
    assert reason.last_failed[:19] in ("2026-01-01T12:00:35", "2026-01-01T12:00:36")
    shop.pass_time(700)
    assert (len(shop.letters), shop.sold()) == (1, 0)


def test_the_record_on_the_retry_topic_tells_its_history(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = failing(4)
    shop.deliver(sale(7, partition=3, key="till"))
    shop.pass_time(60)

    first, second = retries(shop)
    assert (first.attempts, first.retries, second.attempts, second.retries) == (2, 1, 4, 2)
    assert {(r.origin_topic, r.origin_partition, r.origin_offset) for r in (first, second)} == {
        ("sales", 3, 7)
    }
    assert first.due[:19] == "2026-01-01T12:00:05"
    assert first.first_failed == second.first_failed < second.last_failed


def test_a_function_may_have_delays_of_its_own() -> None:
    shop = Shop(count_impatiently, retry_seconds="none")
    shop.trouble.ahead["socks"] = failing(3)
    shop.deliver(sale(0))
    shop.pass_time(8)

    assert [letter.attempts for letter in shop.reasons] == [3]


def test_the_delay_survives_a_restart(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = failing(2)
    shop.deliver(sale(0))
    shop.restart()
    shop.pass_time(6)

    assert shop.sold() == 1


def test_retry_leaves_the_attempts_at_once_out(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = [Retry("not yet")]
    shop.deliver(sale(0))

    assert shop.trouble.calls == ["socks"]
    shop.pass_time(6)
    assert (shop.sold(), shop.trouble.calls) == (1, ["socks", "socks"])


def test_what_can_never_be_handled_does_not_wait(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = [Reject("never")]
    shop.deliver(sale(0), record(1, b"not JSON"))

    assert [letter.error for letter in shop.reasons] == ["DecodeError", "Reject"]


def test_a_replayed_event_that_fails_again_is_the_same_dead_letter_at_once(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = [Reject("never"), *failing(2)]
    shop.deliver(sale(0))
    shop.replay(shop.letters[0])
    shop.pass_time(700)

    assert [letter.attempts for letter in shop.reasons] == [1, 3]
    assert len({letter.id for letter in shop.reasons}) == 1


# Never twice


def test_a_retry_that_is_published_twice_is_handled_once(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = failing(4)
    shop.deliver(sale(0))
    shop.pass_time(6)
    [message] = [m for m in shop.sidecar.messages if m.topic == shop.spec.retry_topic]
    shop.deliver(as_record(message, 77))
    shop.restart()
    shop.deliver(as_record(message, 78))
    shop.pass_time(60)

    assert (len(list(retries(shop))), shop.sold(), len(shop.trouble.calls)) == (2, 1, 5)


def test_its_producer_may_send_it_again_while_it_waits(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = failing(2)
    shop.deliver(sale(0, id="one"), sale(1, id="one"))
    shop.deliver(sale(2, id="one"))
    shop.pass_time(60)

    assert (shop.sold(), len(shop.trouble.calls)) == (1, 3)


def test_two_replicas_recall_an_event_once(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = failing(2)
    shop.deliver(sale(0))
    shop.pass_time(6)
    shop.consumer = shop.another_process()
    shop.pass_time(60)

    assert len(list(retries(shop))) == 1


def test_an_outage_while_it_is_recalled_loses_nothing(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = failing(2)
    shop.deliver(sale(0))
    shop.pass_time(4)
    shop.sidecar.fail_next("transact", PlatformDown("away"))
    with pytest.raises(PlatformDown):
        shop.pass_time(2)
    shop.pass_time(2)

    assert (shop.sold(), shop.letters) == (1, [])


# In order


def test_later_events_of_its_key_wait_behind_it_while_others_flow(ordered: Shop) -> None:
    ordered.trouble.ahead["a1"] = failing(2)
    ordered.deliver(sale(0, id="a1", key="a"), sale(1, id="b1", key="b"), sale(2, id="a2", key="a"))
    ordered.deliver(sale(3, id="a3", key="a"), sale(4, id="b2", key="b"))

    assert ordered.trouble.calls == ["a1", "b1", "a1", "b2"]
    ordered.pass_time(6)
    assert ordered.trouble.calls[4:] == ["a1", "a2", "a3"]
    ordered.deliver(sale(5, id="a4", key="a"))
    assert ordered.trouble.calls[7:] == ["a4"]
    assert not [key for key in ordered.sidecar.rows if key.startswith(("later", "held"))]


def test_no_table_can_have_the_names_of_the_rows_in_which_events_wait(ordered: Shop) -> None:
    ordered.trouble.ahead["a1"] = failing(2)
    ordered.deliver(sale(1, id="a1", key="a"))
    names = {key.partition("/")[0].partition(".")[0] for key in ordered.sidecar.rows}

    assert {"held", "later"} <= names <= set(TAKEN)


def test_one_behind_it_that_fails_too_waits_with_the_rest(ordered: Shop) -> None:
    ordered.trouble.ahead = {"a1": failing(2), "a2": failing(2)}
    ordered.deliver(*(sale(n, id=f"a{n}", key="a") for n in (1, 2, 3)))
    ordered.pass_time(5)
    ordered.deliver(sale(4, id="a4", key="a"))

    assert ordered.trouble.calls == ["a1", "a1", "a1", "a2", "a2"]
    ordered.pass_time(6)
    assert ordered.trouble.calls[5:] == ["a2", "a3", "a4"]


def test_one_that_is_given_up_lets_the_rest_go_on(ordered: Shop) -> None:
    ordered.trouble.ahead["a1"] = failing(6)
    ordered.deliver(sale(1, id="a1", key="a"), sale(2, id="a2", key="a"))
    ordered.pass_time(60)

    assert ordered.trouble.calls == ["a1"] * 6 + ["a2"]
    assert [letter.event_id for letter in ordered.reasons] == ["a1"]


def test_a_queue_longer_than_a_batch_is_worked_off_in_its_order(ordered: Shop) -> None:
    ordered.trouble.ahead["a0"] = failing(2)
    for number in range(10):
        ordered.deliver(sale(number, id=f"a{number}", key="a"))
    ordered.pass_time(20)

    assert ordered.trouble.calls[2:] == [f"a{number}" for number in range(10)]
    assert not [key for key in ordered.sidecar.rows if key.startswith(("later", "held"))]


def test_of_a_queue_no_more_is_taken_up_at_once_than_the_platform_takes(
    ordered: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.failures.MOST_BYTES", 1)
    ordered.trouble.ahead["a0"] = failing(2)
    for number in range(3):
        ordered.deliver(sale(number, id=f"a{number}", key="a"))
    ordered.pass_time(5)

    assert ordered.trouble.calls[2:] == ["a0"]
    ordered.pass_time(10)
    assert ordered.trouble.calls[2:] == ["a0", "a1", "a2"]


def test_the_order_survives_a_restart_and_a_doubled_retry(ordered: Shop) -> None:
    ordered.trouble.ahead["a1"] = failing(2)
    ordered.deliver(sale(1, id="a1", key="a"))
    ordered.restart()
    ordered.deliver(sale(2, id="a2", key="a"))
    ordered.pass_time(6)
    [message] = [m for m in ordered.sidecar.messages if m.topic == ordered.spec.retry_topic]
    ordered.restart()
    ordered.deliver(as_record(message, 77))

    assert ordered.trouble.calls == ["a1", "a1", "a1", "a2"]


def test_a_key_whose_retry_is_lost_is_called_for_again(ordered: Shop) -> None:
    ordered.trouble.ahead["a1"] = failing(2)
    ordered.deliver(sale(1, id="a1", key="a"))
    ordered.pass_time(6, arrives=False)
    ordered.deliver(sale(2, id="a2", key="a"))
    ordered.clock.advance(3700)
    ordered.deliver(sale(3, id="a3", key="a"))
    ordered.pass_time(2)

    assert ordered.trouble.calls[2:] == ["a1", "a2", "a3"]


def test_order_may_be_declared_or_given_up_while_events_wait(ordered: Shop) -> None:
    unordered = dataclasses.replace(ordered.spec, ordered=False)
    ordered.trouble.ahead = {"a1": failing(2), "b1": failing(2)}
    ordered.deliver(sale(1, id="a1", key="a"), sale(2, id="a2", key="a"))
    ordered.spec = unordered
    ordered.restart()
    ordered.deliver(sale(3, id="b1", key="b"), sale(4, id="b2", key="b"))
    ordered.spec = dataclasses.replace(unordered, ordered=True)
    ordered.restart()
    ordered.pass_time(60)

    assert Counter(ordered.trouble.calls) == {"a1": 3, "a2": 1, "b1": 3, "b2": 1}


def test_what_waits_comes_back_in_order_where_order_was_given_up_meanwhile(ordered: Shop) -> None:
    ordered.trouble.ahead = {"a1": failing(2)}
    ordered.deliver(sale(1, id="a1", key="a"), sale(2, id="a2", key="a"))
    ordered.spec = dataclasses.replace(ordered.spec, ordered=False)
    ordered.restart()
    ordered.pass_time(60)

    assert ordered.trouble.calls == ["a1", "a1", "a1", "a2"]


def test_a_replayed_event_waits_its_turn_behind_others_of_its_key(ordered: Shop) -> None:
    ordered.trouble.ahead = {"a1": [Reject("never")], "a2": failing(2)}
    ordered.deliver(sale(1, id="a1", key="a"), sale(2, id="a2", key="a"))
    ordered.replay(ordered.letters[0], 500)

    assert ordered.trouble.calls == ["a1", "a2", "a2"]
    ordered.pass_time(6)
    assert ordered.trouble.calls[3:] == ["a2", "a1"]


@pytest.mark.parametrize("behind", [1, 8])
def test_a_replay_that_comes_together_with_what_it_waits_for_is_handled_after_it(
    ordered: Shop, behind: int
) -> None:
    ordered.trouble.ahead = {"a0": [Reject("never")], "a1": failing(2)}
    waiting = [f"a{number}" for number in range(1, behind + 2)]
    for number, id in enumerate(["a0", *waiting]):
        ordered.deliver(sale(number, id=id, key="a"))
    replayed = replay_message(ordered.spec.retry_topic, as_record(ordered.letters[0]))
    ordered.sidecar.publish([replayed])
    ordered.pass_time(6, arrives=False)
    ordered.deliver(*(as_record(m, n) for n, m in enumerate(ordered.on_retry_topic())))
    ordered.pass_time(20)

    assert ordered.trouble.calls[3:] == [*waiting, "a0"]
    assert not [key for key in ordered.sidecar.rows if key.startswith(("later", "held"))]


def test_one_that_waited_behind_another_is_handled_though_it_is_unique() -> None:
    shop = Shop(count_unique_in_order, retry_seconds="5,30")
    shop.trouble.ahead["a1"] = failing(2)
    shop.deliver(sale(1, "a1", key="a"), sale(2, "a2", key="a"), sale(3, "a2", key="a"))
    shop.pass_time(6)
    shop.deliver(sale(4, "a2", key="a"))

    assert shop.trouble.calls == ["a1", "a1", "a1", "a2"]


def test_events_without_a_key_have_no_order_to_keep(ordered: Shop) -> None:
    ordered.trouble.ahead["x1"] = failing(2)
    ordered.deliver(sale(1, id="x1", key=None))
    ordered.deliver(sale(2, id="x2", key=None))
    ordered.pass_time(6)

    assert ordered.trouble.calls == ["x1", "x1", "x2", "x1"]


# A function that fails all the time


def test_a_function_that_always_fails_is_not_called_for_every_event(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = failing(1000)
    for start in range(0, 500, 50):
        shop.deliver(*(sale(start + n) for n in range(50)))

    assert len(shop.trouble.calls) == 16
    assert (shop.letters, shop.sold()) == ([], 0)


def test_when_a_probe_succeeds_everything_flows_again_and_once(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = failing(20)
    shop.deliver(*(sale(n) for n in range(200)))
    shop.pass_time(300)

    assert (shop.sold(), shop.letters) == (200, [])
    assert len(shop.trouble.calls) == 200 + 20


def test_ten_minutes_without_its_provider_cost_few_calls_and_no_dead_letter(shop: Shop) -> None:
    shop = Shop(count, retry_seconds="5,30,120,600")
    shop.trouble.ahead["socks"] = failing(100_000)
    for number in range(60):
        shop.deliver(sale(number))
        shop.pass_time(10)
    assert len(shop.trouble.calls) < 100
    shop.trouble.ahead["socks"] = []
    shop.pass_time(700)

    assert (shop.sold(), shop.letters) == (60, [])


def test_events_that_say_themselves_why_they_must_wait_open_no_breaker(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = [Retry("not yet")] * 100
    shop.deliver(*(sale(n) for n in range(100)))

    assert len(shop.trouble.calls) == 100


def test_poison_ends_in_the_dead_letters_even_when_everything_is_poison(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = failing(10_000)
    shop.deliver(*(sale(n) for n in range(100)))
    shop.pass_time(600)

    assert len({letter.id for letter in shop.reasons}) == len(shop.letters) == 100


def test_events_that_are_passed_over_cost_no_unit_of_work_each() -> None:
    shop = Shop(count_one_by_one, retry_seconds="5,30")
    shop.trouble.ahead["socks"] = failing(100_000)
    shop.deliver(*(sale(n) for n in range(100)))
    shop.sidecar.calls.clear()
    shop.deliver(*(sale(n) for n in range(100, 1100)))

    assert len(shop.sidecar.calls) < 10
    shop.trouble.ahead["socks"] = []
    shop.trouble.calls.clear()
    shop.pass_time(60)
    assert (len(shop.trouble.calls), shop.letters) == (1100, [])


def test_a_retry_whose_headers_are_forged_is_a_dead_letter(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = failing(2)
    shop.deliver(sale(0))
    shop.pass_time(6)
    [message] = [m for m in shop.sidecar.messages if m.topic == shop.spec.retry_topic]
    forged = msgspec.structs.replace(
        message, headers=message.headers | {"sluice-first-failed": "yesterday"}
    )
    shop.deliver(as_record(forged, 90))

    assert "sluice-first-failed is 'yesterday'" in shop.reasons[0].message


def test_a_replay_is_tried_whatever_the_breaker_says(shop: Shop) -> None:
    shop.trouble.ahead["hats"] = [Reject("never")]
    shop.deliver(sale(0, "hats"))
    shop.trouble.ahead["socks"] = failing(1000)
    shop.deliver(*(sale(n) for n in range(1, 50)))
    shop.replay(shop.letters[0])

    assert shop.sold("hats") == 1
