"""The unit of work: good events once, bad ones alone, whatever happens in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from runtime import Event, FakeClock, Outgoing, Reject, Retries, Retry, Table, function
from runtime.delivery import Consumer
from runtime.errors import PlatformDown
from runtime.sidecars.base import ANY, Write
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import (
    NOON,
    NOON_MS,
    Meddled,
    Sale,
    Shelf,
    Shop,
    Trouble,
    record,
    sale,
)

AT_ONCE = Retries(first_seconds=0, most_seconds=0)


class Sold(msgspec.Struct):
    """A shelf after a sale."""

    product: str
    sold: int


@function(subscribes="sales", publishes="sold", retries=AT_ONCE)
def count(sale: Sale, shelves: Table[Shelf], trouble: Trouble) -> Sold:
    """Count what was sold, after the row was changed fail if there is trouble."""
    with shelves.edit(sale.product, Shelf) as shelf:
        shelf.sold += sale.pieces
    trouble.call(sale.product)
    return Sold(sale.product, shelf.sold)


@function(subscribes="sales", ordered=True, retries=AT_ONCE)
def count_in_order(sale: Sale, event: Event, trouble: Trouble) -> None:
    """Count by event id, so that a test sees the order of the calls."""
    trouble.call(event.id)


class Basket(msgspec.Struct):
    """A mutable event: a function may spoil it before it fails."""

    items: list[str]


@function(subscribes="sales", publishes="emptied", retries=AT_ONCE)
def empty(basket: Basket, trouble: Trouble) -> dict[str, str]:
    """Take the first item out."""
    first = basket.items.pop(0)
    trouble.call(first)
    return {"first": first}


@function(subscribes="sales", publishes=("cheap", "dear"), retries=AT_ONCE)
def sort_out(sale: Sale) -> Iterator[Outgoing]:
    """Publish to the topic that the product names, whatever it is."""
    yield Outgoing(sale, topic=sale.product, key=f"{sale.pieces}")
    yield Outgoing(sale, topic="cheap")


@function(subscribes="sales", publishes="sold", retries=AT_ONCE)
def publish_oddly(sale: Sale) -> Any:
    """Return what the product names."""
    return {
        "generator": (Sold("each", number) for number in range(sale.pieces)),
        "key that is a number": Outgoing({}, key=5),  # type: ignore[arg-type]
        "time without zone": Outgoing({}, time=datetime(2026, 1, 1)),
        "no JSON": Outgoing(object()),
        "not a number": Outgoing(Decimal("NaN")),
        "id that is a number": Outgoing({}, id=7),  # type: ignore[arg-type]
        "two megabytes": Outgoing("x" * 2_000_000),
    }[sale.product]


@function(subscribes="sales", retries=AT_ONCE)
def keep_oddly(sale: Sale, shelves: Table[Shelf]) -> None:
    """Put a row that cannot be written."""
    odd: Any = {"object": object(), "NaN": Decimal("NaN")}.get(sale.product, sale.pieces)
    shelves.put(sale.product, Shelf(odd))


@function(subscribes="sales", when=lambda sale: sale.pieces > 0, retries=AT_ONCE)
def count_some(sale: Sale, shelves: Table[Shelf]) -> None:
    """Look away from sales of nothing."""
    with shelves.edit(sale.product, Shelf) as shelf:
        shelf.sold += 1 // (sale.pieces - 13)


@function(
    subscribes="sales",
    reads={"shelves": lambda sale: [sale.product.removeprefix("bad ").split()[0]]},
    retries=AT_ONCE,
)
def count_declared(sale: Sale, shelves: Table[Shelf]) -> None:
    """Say beforehand which row it needs."""
    with shelves.edit(sale.product, Shelf) as shelf:
        shelf.sold += sale.pieces


@function(subscribes="sales", unique=lambda sale: sale.product, retries=AT_ONCE)
def count_unique(sale: Sale, shelves: Table[Shelf], trouble: Trouble) -> None:
    """Count each product once."""
    with shelves.edit(sale.product, Shelf) as shelf:
        shelf.sold += 1
    trouble.call(sale.product)


@pytest.fixture(params=[True, False], ids=["publishes in the transaction", "publishes after it"])
def shop(request: pytest.FixtureRequest) -> Shop:
    return Shop(count, RecordingSidecar(publishes_in_transaction=request.param))


# What a good event does


def test_writes_rows_and_publishes_once_for_each_event(shop: Shop) -> None:
    shop.deliver(sale(0, pieces=2), sale(1, pieces=3))

    assert shop.sold() == 5
    assert [output["data"]["sold"] for output in shop.outputs] == [2, 5]


def test_an_output_takes_key_and_time_of_its_cause(shop: Shop) -> None:
    shop.deliver(sale(0, key="till-7", time=NOON))

    assert shop.sidecar.messages[0].key == "till-7"
    assert shop.outputs[0]["time"] == "2026-01-01T12:00:00Z"


def test_position_is_the_offset_after_the_last_event(shop: Shop) -> None:
    before = shop.consumer.position("sales", 0)
    shop.deliver(sale(0), sale(1))

    assert (before, shop.consumer.position("sales", 0)) == (0, 2)


def test_a_long_delivery_is_cut_into_batches() -> None:
    @function(subscribes="sales", batch=2, retries=AT_ONCE)
    def in_twos(sale: Sale) -> None: ...

    shop = Shop(in_twos)
    shop.deliver(*(sale(offset) for offset in range(5)))

    assert shop.sidecar.calls.count("transact") == 3


def test_tells_which_rows_were_written_after_the_transaction() -> None:
    told: list[str] = []
    shop = Shop(count)
    consumer = Consumer(
        count.spec, shop.sidecar, resources=shop.resources, committed=lambda keys: told.extend(keys)
    )
    consumer.deliver([sale(0)])

    assert told == ["shelves/socks"]


# Poison


def test_good_events_around_a_poison_one_are_handled_once(shop: Shop) -> None:
    shop.trouble.ahead["poison"] = [ValueError("no such thing")] * 3
    shop.deliver(sale(0), sale(1, "poison"), sale(2))

    assert shop.sold() == 2
    assert shop.sold("poison") == 0
    assert shop.trouble.calls.count("socks") == 2


def test_a_poison_event_leaves_one_dead_letter_with_every_reason(shop: Shop) -> None:
    shop.trouble.ahead["poison"] = [ValueError("no such thing")] * 3
    shop.deliver(sale(0), sale(1, "poison", key="till-7"), sale(2))

    (reason,) = shop.reasons
    assert (reason.function, reason.error, reason.attempts) == ("runtime.count", "ValueError", 3)
    assert (reason.origin_topic, reason.origin_partition, reason.origin_offset) == ("sales", 0, 1)
    assert (reason.event_source, reason.event_id) == ("/till", "sale-1")
    assert "no such thing" in reason.stack
    assert reason.cause.startswith("ValueError in making.py:")


def test_a_dead_letter_keeps_key_bytes_and_headers(shop: Shop) -> None:
    bad = record(0, b"\xff\xfe", key=None, headers={"tenant": "ä %41"})
    shop.deliver(bad)

    (letter,) = shop.letters
    assert (letter.key, letter.value, letter.headers["tenant"]) == (None, b"\xff\xfe", "ä %41")


def test_what_cannot_be_read_is_not_retried(shop: Shop) -> None:
    shop.deliver(record(0, b"{"), sale(1))

    (reason,) = shop.reasons
    assert (reason.error, reason.attempts) == ("DecodeError", 1)
    assert shop.sold() == 1


def test_a_tombstone_is_a_dead_letter_where_a_value_is_expected(shop: Shop) -> None:
    shop.deliver(record(0, b"", key="socks"))

    assert "Expected `object`, got `null`" in shop.reasons[0].message


def test_a_record_over_the_size_limit_is_a_dead_letter(shop: Shop) -> None:
    shop.deliver(record(0, b'"' + b"x" * shop.settings.max_event_bytes + b'"'), sale(1))

    assert "expected at most 1048576" in shop.reasons[0].message
    assert shop.sold() == 1


def test_an_event_failing_twice_then_succeeding_is_no_dead_letter(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = [OSError("busy"), OSError("busy")]
    shop.deliver(sale(0))

    assert (shop.sold(), shop.letters) == (1, [])
    assert [output["data"]["sold"] for output in shop.outputs] == [1]


def test_reject_costs_one_attempt(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = [Reject("never")]
    shop.deliver(sale(0))

    assert (shop.reasons[0].error, shop.reasons[0].attempts) == ("Reject", 1)


def test_retry_is_tried_again_like_any_failure(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = [Retry("later")]
    shop.deliver(sale(0))

    assert (shop.sold(), shop.letters) == (1, [])


def test_hundred_events_of_which_one_always_fails(shop: Shop) -> None:
    shop.trouble.ahead["poison"] = [ValueError("always")] * 3
    shop.deliver(*(sale(n, "poison" if n == 50 else "socks") for n in range(100)))

    assert (shop.sold(), len(shop.letters), len(shop.outputs)) == (99, 1, 99)


def test_an_attempt_that_spoils_its_data_does_not_spoil_the_next_one() -> None:
    shop = Shop(empty)
    shop.trouble.ahead["a"] = [OSError("busy")]
    shop.deliver(record(0, b'{"items":["a","b"]}'))

    assert [output["data"] for output in shop.outputs] == [{"first": "a"}]


def test_a_row_that_cannot_be_written_is_that_events_failure_alone() -> None:
    shop = Shop(keep_oddly)
    shop.deliver(sale(0, "hats"), sale(1, "object"), sale(2, "NaN"), sale(3, "gloves"))

    assert [reason.event_id for reason in shop.reasons] == ["sale-1", "sale-2"]
    assert (shop.sold("hats"), shop.sold("gloves")) == (1, 1)


def test_a_key_that_no_store_would_keep_is_that_events_failure_alone() -> None:
    shop = Shop(count_declared)
    shop.deliver(sale(0), sale(1, "so\0cks"), sale(2))

    assert (shop.sold(), len(shop.letters)) == (2, 1)
    assert "cannot be kept" in shop.reasons[0].message


def test_an_error_that_cannot_be_printed_is_still_a_dead_letter(shop: Shop) -> None:
    class Unprintable(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    shop.trouble.ahead["poison"] = [Unprintable()] * 3
    shop.trouble.ahead["odd"] = [ValueError("\ud800 \n ä " + "x" * 100_000)] * 3
    shop.deliver(sale(0, "poison"), sale(1, "odd"), sale(2))

    assert [reason.error for reason in shop.reasons] == ["Unprintable", "ValueError"]
    assert all(sum(map(len, letter.headers.values())) < 50_000 for letter in shop.letters)
    assert shop.sold() == 1


def test_a_function_that_ends_the_process_fails_alone(shop: Shop) -> None:
    shop.trouble.ahead["poison"] = [SystemExit(1)] * 3
    shop.deliver(sale(0, "poison"), sale(1))

    assert "tried to end the process: SystemExit(1)" in shop.reasons[0].message
    assert shop.sold() == 1


# What a function may return


def test_a_generator_is_published_item_by_item() -> None:
    shop = Shop(publish_oddly)
    shop.deliver(sale(0, "generator", 3))

    assert [output["data"]["sold"] for output in shop.outputs] == [0, 1, 2]
    assert len({output["id"] for output in shop.outputs}) == 3


@pytest.mark.parametrize(
    "what",
    [
        "key that is a number",
        "time without zone",
        "no JSON",
        "not a number",
        "id that is a number",
        "two megabytes",
    ],
)
def test_an_output_that_cannot_be_published_is_a_dead_letter(what: str) -> None:
    shop = Shop(publish_oddly)
    shop.deliver(sale(0, "generator"), sale(1, what), sale(2, "generator"))

    assert [reason.event_id for reason in shop.reasons] == ["sale-1"]
    assert len(shop.outputs) == 2


def test_several_topics_are_chosen_by_outgoing() -> None:
    shop = Shop(sort_out)
    shop.deliver(sale(0, "dear", 7, key="till"))

    assert [(m.topic, m.key) for m in shop.sidecar.messages] == [("dear", "7"), ("cheap", "till")]


def test_a_topic_that_was_not_declared_is_a_dead_letter_naming_those_that_were() -> None:
    shop = Shop(sort_out)
    shop.deliver(sale(0, "free"))

    assert "returned an event for 'free'; expected 'cheap' or 'dear'" in shop.reasons[0].message
    assert shop.outputs == []


# when=, reads=, unique=, ordered=


def test_events_that_when_refuses_are_done_silently() -> None:
    shop = Shop(count_some)
    shop.deliver(sale(0, pieces=0), sale(1, pieces=14))

    assert (shop.sold(), shop.letters, shop.consumer.position("sales", 0)) == (1, [], 2)


def test_a_when_that_fails_is_that_events_failure() -> None:
    @function(subscribes="sales", when=lambda sale: 1 // sale.pieces > 0, retries=AT_ONCE)
    def divide(sale: Sale) -> None: ...

    shop = Shop(divide)
    shop.deliver(sale(0, pieces=0), sale(1))

    assert [(r.error, r.attempts) for r in shop.reasons] == [("ZeroDivisionError", 1)]


def test_declared_rows_are_read_in_one_request() -> None:
    shop = Shop(count_declared)
    shop.deliver(sale(0, "hats"), sale(1, "socks"), sale(2, "hats"))

    assert shop.sidecar.calls == ["get", "transact"]
    assert shop.sold("hats") == 2


def test_reads_that_fail_are_that_events_failure() -> None:
    shop = Shop(count_declared)
    shop.deliver(sale(0, ""), sale(1, "socks"))

    assert [(r.error, r.attempts) for r in shop.reasons] == [("IndexError", 1)]
    assert shop.sold() == 1


def test_a_wrong_prediction_of_reads_costs_only_a_request() -> None:
    shop = Shop(count_declared)
    shop.deliver(sale(0, "bad hats"))

    assert shop.sold("bad hats") == 1


def test_an_event_known_by_unique_is_handled_once_under_whatever_id() -> None:
    shop = Shop(count_unique)
    shop.deliver(sale(0), sale(1))
    shop.restart()
    shop.deliver(sale(2), sale(0, partition=1, id="other"))

    assert shop.sold() == 1


def test_a_unique_mark_ends_with_the_retention() -> None:
    shop = Shop(count_unique, RecordingSidecar(clock := FakeClock()))
    shop.deliver(sale(0))
    clock.advance(shop.settings.retention_seconds + 1)
    shop.deliver(sale(1))

    assert shop.sold() == 2


def test_a_failed_unique_event_may_be_replayed() -> None:
    shop = Shop(count_unique)
    shop.trouble.ahead["socks"] = [OSError("down")] * 3
    shop.deliver(sale(0))
    shop.replay(shop.letters[0])

    assert shop.sold() == 1


def test_a_unique_that_is_no_text_is_that_events_failure() -> None:
    @function(subscribes="sales", unique=lambda sale: sale.pieces, retries=AT_ONCE)
    def by_number(sale: Sale) -> None: ...

    shop = Shop(by_number)
    shop.deliver(sale(0))

    assert [(r.error, r.attempts) for r in shop.reasons] == [("ValueError", 1)]


def test_later_events_of_a_failing_key_wait_in_order() -> None:
    shop = Shop(count_in_order)
    shop.trouble.ahead["a1"] = [OSError("busy")]
    shop.deliver(sale(0, id="a1", key="a"), sale(1, id="a2", key="a"), sale(2, id="b1", key="b"))

    assert shop.trouble.calls == ["a1", "b1", "a1", "a2"]


def test_later_events_of_a_key_go_on_after_the_failing_one_was_given_up() -> None:
    shop = Shop(count_in_order)
    shop.trouble.ahead["a1"] = [OSError("busy")] * 3
    shop.trouble.ahead["a2"] = [Reject("never")]
    shop.deliver(*(sale(n, id=f"a{n}", key="a") for n in (1, 2, 3)))

    assert shop.trouble.calls == ["a1", "a1", "a1", "a2", "a3"]
    assert [reason.event_id for reason in shop.reasons] == ["a1", "a2"]


# Delivered twice


def test_a_redelivery_changes_nothing(shop: Shop) -> None:
    batch = [sale(0), sale(1)]
    shop.deliver(*batch)
    shop.deliver(*batch)
    shop.restart()
    shop.deliver(*batch, sale(2))

    assert (shop.sold(), len(shop.outputs)) == (3, 3)


def test_the_same_id_at_another_place_changes_nothing(shop: Shop) -> None:
    shop.deliver(sale(0, id="a"), sale(1, id="a"))
    shop.deliver(sale(2, id="a"), sale(0, id="a", partition=2))

    assert (shop.sold(), len(shop.outputs)) == (1, 1)


def test_the_same_id_on_another_partition_changes_nothing_after_a_restart(shop: Shop) -> None:
    shop.deliver(sale(0, id="a", partition=1))
    shop.restart()
    shop.deliver(sale(0, id="a", partition=2))

    assert (shop.sold(), len(shop.outputs)) == (1, 1)


def test_the_same_id_of_another_source_is_another_event(shop: Shop) -> None:
    shop.deliver(sale(0, id="a"), sale(1, id="a", source="/other-till"))

    assert shop.sold() == 2


def test_records_that_name_no_id_are_told_apart_by_their_place(shop: Shop) -> None:
    plain = b'{"product":"socks"}'
    shop.deliver(record(0, plain), record(1, plain))
    shop.deliver(record(1, plain), record(0, plain, partition=1))

    assert shop.sold() == 3


def test_a_topic_that_was_made_anew_is_read_from_its_start(shop: Shop) -> None:
    shop.deliver(*(sale(n) for n in range(5)))
    shop.deliver(*(sale(n, id=f"new-{n}", at_ms=NOON_MS + 60_000) for n in range(2)))

    assert (shop.sold(), shop.consumer.position("sales", 0)) == (7, 2)


def test_a_failing_event_is_one_dead_letter_however_often_it_is_delivered(shop: Shop) -> None:
    shop.trouble.ahead["poison"] = [ValueError("always")] * 9
    shop.deliver(sale(0, "poison"))
    shop.restart()
    shop.deliver(sale(0, "poison"), sale(1))

    assert (len(shop.letters), shop.sold()) == (1, 1)


# The platform fails


@pytest.mark.parametrize("operation", ["get", "transact"])
def test_an_outage_before_the_commit_leaves_everything_to_be_done(
    shop: Shop, operation: Any
) -> None:
    shop.sidecar.fail_next(operation, PlatformDown("gone"))
    with pytest.raises(PlatformDown):
        shop.deliver(sale(0))
    shop.deliver(sale(0))

    assert (shop.sold(), len(shop.outputs), shop.letters) == (1, 1, [])


def test_an_outage_in_the_middle_of_a_batch_handles_nobody_twice() -> None:
    class Away(RecordingSidecar):
        """Does not answer when it is asked for hats, for the first time."""

        def get(self, keys: Any) -> Any:
            if "shelves/hats" in keys and not self.asked:
                self.asked = True
                raise PlatformDown("gone")
            return super().get(keys)

        asked = False

    shop = Shop(count, Away())
    with pytest.raises(PlatformDown):
        shop.deliver(sale(0), sale(1, "hats"))
    shop.deliver(sale(0), sale(1, "hats"))

    assert (shop.sold(), shop.sold("hats"), shop.letters) == (1, 1, [])


def test_a_commit_whose_answer_was_lost_is_not_done_again(shop: Shop) -> None:
    shop.sidecar.fail_next("transact", PlatformDown("no answer"), after=True)
    with pytest.raises(PlatformDown):
        shop.deliver(sale(0))
    shop.deliver(sale(0), sale(1))

    assert (shop.sold(), [o["data"]["sold"] for o in shop.outputs]) == (2, [1, 2])


@pytest.mark.parametrize("after", [True, False], ids=["published already", "not published"])
def test_outputs_of_a_killed_process_are_those_of_an_undisturbed_run(after: bool) -> None:
    shop = Shop(count, RecordingSidecar(publishes_in_transaction=False))
    shop.sidecar.fail_next("publish", PlatformDown("killed"), after=after)
    with pytest.raises(PlatformDown):
        shop.deliver(sale(0), sale(1))
    shop.restart()
    shop.deliver(sale(0), sale(1), sale(2))
    undisturbed = Shop(count)
    undisturbed.deliver(sale(0), sale(1), sale(2))

    assert shop.outputs == undisturbed.outputs
    assert shop.sold() == 3


def test_dead_letters_of_a_killed_process_are_published_too() -> None:
    shop = Shop(count, RecordingSidecar(publishes_in_transaction=False))
    shop.trouble.ahead["poison"] = [ValueError("always")] * 3
    shop.sidecar.fail_next("publish", PlatformDown("killed"))
    with pytest.raises(PlatformDown):
        shop.deliver(sale(0, "poison"))
    shop.restart()
    shop.deliver(sale(0, "poison"))

    assert [reason.event_id for reason in shop.reasons] == ["sale-0"]


def test_what_was_published_is_not_published_again() -> None:
    shop = Shop(count, RecordingSidecar(publishes_in_transaction=False))
    shop.deliver(sale(0))
    shop.deliver(sale(1))
    shop.deliver(sale(1))

    assert len(shop.outputs) == 2


# Somebody else changes a row


def test_a_stale_row_is_read_again_and_nobody_is_counted_twice(shop: Shop) -> None:
    shop = Shop(count, Meddled(publishes_in_transaction=shop.sidecar.publishes_in_transaction))
    other = Write("shelves/socks", b'{"sold":40}', ANY)
    shop.sidecar.meddlers = [lambda: RecordingSidecar.transact(shop.sidecar, [other])]
    shop.deliver(sale(0), sale(1))

    assert (shop.sold(), [o["data"]["sold"] for o in shop.outputs]) == (42, [41, 42])


def test_a_second_replica_on_the_partition_is_fenced() -> None:
    shop = Shop(count, Meddled())
    replica = shop.another_process()
    shop.sidecar.meddlers = [lambda: replica.deliver([sale(0), sale(1)])]
    shop.deliver(sale(0), sale(1))

    assert (shop.sold(), len(shop.outputs)) == (2, 2)


def test_a_row_that_never_stands_still_is_an_outage_not_a_dead_letter() -> None:
    shop = Shop(count, Meddled())
    for number in range(50):
        other = Write("shelves/socks", b'{"sold":%d}' % number, ANY)
        shop.sidecar.meddlers.append(
            lambda other=other: RecordingSidecar.transact(shop.sidecar, [other])
        )
    with pytest.raises(PlatformDown, match="changed under it 20 times"):
        shop.deliver(sale(0))

    assert (shop.letters, shop.consumer.position("sales", 0)) == ([], 0)


def test_events_without_a_key_wait_for_no_other_one() -> None:
    shop = Shop(count_in_order)
    shop.trouble.ahead["e-0"] = [ValueError("for now")]
    shop.deliver(sale(0, key=None, id="e-0"), sale(1, key=None, id="e-1"))

    assert shop.trouble.calls == ["e-0", "e-1", "e-0"]


def test_what_a_function_itself_waits_for_is_awaited_like_the_platform() -> None:
    shop = Shop(count)
    shop.trouble.ahead["socks"] = [PlatformDown("The till is away.")]
    with pytest.raises(PlatformDown):
        shop.deliver(sale(0))
    (awaited,) = shop.sidecar.outages.awaited()
    shop.deliver(sale(0))

    assert awaited.what == f"what {count.spec.id} needs"
    assert awaited.reason == "The till is away."
    assert shop.sidecar.outages.awaited() == []
    assert shop.sold() == 1


# Replay


def test_a_replayed_dead_letter_is_handled_once(shop: Shop) -> None:
    shop.trouble.ahead["poison"] = [ValueError("for now")] * 3
    shop.deliver(sale(0), sale(1, "poison", key="till-7"))
    (letter,) = shop.letters
    shop.replay(letter, 0)
    shop.replay(letter, 1)

    assert (shop.sold("poison"), shop.sold(), len(shop.letters)) == (1, 1, 1)
    assert shop.sidecar.messages[-1].key == "till-7"


def test_a_replay_is_known_by_a_process_that_started_after_it(shop: Shop) -> None:
    shop.trouble.ahead["poison"] = [ValueError("for now")] * 3
    shop.deliver(sale(0, "poison"))
    shop.replay(shop.letters[0], 0)
    shop.restart()
    shop.replay(shop.letters[0], 1)

    assert shop.sold("poison") == 1


def test_a_replay_that_fails_again_is_the_same_dead_letter_with_its_history(shop: Shop) -> None:
    shop.trouble.ahead["poison"] = [ValueError("first")] * 3 + [OSError("second")] * 3
    shop.deliver(sale(7, "poison", partition=2))
    shop.clock.advance(3600)
    shop.replay(shop.letters[0])

    first, second = shop.reasons
    assert (first.id, first.first_failed) == (second.id, second.first_failed)
    assert (second.error, second.attempts) == ("OSError", 6)
    assert second.last_failed > second.first_failed
    assert (second.origin_partition, second.origin_offset) == (2, 7)


def test_a_replay_that_failed_may_be_replayed_again(shop: Shop) -> None:
    shop.trouble.ahead["poison"] = [ValueError("for now")] * 6
    shop.deliver(sale(0, "poison"))
    shop.replay(shop.letters[0], 0)
    shop.replay(shop.letters[1], 1)

    assert (shop.sold("poison"), len(shop.letters)) == (1, 2)


def test_a_replay_of_what_cannot_be_read_comes_back_under_the_same_id(shop: Shop) -> None:
    shop.deliver(record(0, b"{"))
    shop.replay(shop.letters[0], 0)
    shop.replay(shop.letters[1], 1)

    assert len({reason.id for reason in shop.reasons}) == 1
    assert [reason.attempts for reason in shop.reasons] == [1, 2, 3]


def test_a_replay_of_data_of_the_wrong_type_is_a_dead_letter_again(shop: Shop) -> None:
    shop.deliver(sale(0, pieces="many"))  # type: ignore[arg-type]
    shop.replay(shop.letters[0], 0)
    shop.restart()
    shop.replay(shop.letters[1], 1)

    assert [reason.attempts for reason in shop.reasons] == [1, 2, 3]


def test_a_plain_record_is_replayed_by_its_place_of_origin(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = [ValueError("for now")] * 3
    shop.deliver(record(4, b'{"product":"socks"}'))
    shop.replay(shop.letters[0], 0)
    shop.replay(shop.letters[0], 1)

    assert shop.sold() == 1


def test_a_record_of_the_retry_topic_that_is_no_dead_letter_is_handled_as_it_is() -> None:
    shop = Shop(count)
    shop.deliver(sale(0, topic="runtime.count.retry"))

    assert (shop.sold(), shop.letters) == (1, [])


def test_a_broken_record_of_the_retry_topic_is_a_dead_letter_itself() -> None:
    shop = Shop(count)
    broken = record(0, b"{}", topic="runtime.count.retry", headers={"sluice-id": "1"})
    shop.deliver(broken)

    assert shop.reasons[0].origin_topic == "runtime.count.retry"
    assert "is no dead letter" in shop.reasons[0].message
