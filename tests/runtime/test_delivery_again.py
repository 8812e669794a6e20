"""The unit of work: delivered twice, broken off, or raced for, it is done once."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.errors import PlatformDown
from runtime.sidecars.base import ANY, Write
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import (
    NOON_MS,
    Meddled,
    Shop,
    record,
    sale,
)
from tests.runtime.selling import count, count_in_order

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
