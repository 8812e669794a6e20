"""remove_invoice_item: what was not delivered is not billed."""

from __future__ import annotations

import pytest

from functions.domain.customer import Action
from runtime import Reject
from tests.functions.invoicing.office import FREIGHT, JUMPERS, Office


def test_answers_204_and_publishes_the_invoice_without_the_item():
    office = Office()
    office.made(JUMPERS, FREIGHT)

    answer = office.remove_item("000001", "1")

    assert (answer.status, answer.body) == (204, None)
    assert [item.product for item in answer.publish.lines] == ["FREIGHT"]
    assert (answer.publish.total, answer.publish.action) == (1.5, Action.EDITED)
    assert office.invoices.rows == {"000001": answer.publish}


def test_the_last_item_may_go_too():
    office = Office()
    office.made(JUMPERS)

    assert office.remove_item("000001", "1").publish.total == 0


def test_an_item_is_removed_once():
    office = Office()
    office.made(JUMPERS)
    office.remove_item("000001", "1")

    with pytest.raises(Reject, match="has no item '1'") as refused:
        office.remove_item("000001", "1")

    assert (refused.value.status, refused.value.field) == (404, "item")
