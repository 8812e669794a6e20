"""The unit of work: dead letters that somebody has sent back."""

from __future__ import annotations

from typing import Any

import pytest

from runtime import function
from tests.runtime.making import Sale, Shop, record, sale
from tests.runtime.selling import AT_ONCE, count, count_declared


@function(subscribes="sales", unique=lambda sale: sale.product.split()[0], retries=AT_ONCE)
def count_products(sale: Sale) -> None:
    """Have the product for the event's identity; it must have a name."""


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


@pytest.mark.parametrize("counts", [count_declared, count_products])
def test_a_replay_whose_rows_cannot_be_named_is_a_dead_letter_again(counts: Any) -> None:
    shop = Shop(counts)
    shop.deliver(sale(0, ""))
    shop.replay(shop.letters[0], 0)
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
