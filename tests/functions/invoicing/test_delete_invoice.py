"""delete_invoice: nothing is owed any more, and the number stays taken."""

from __future__ import annotations

import pytest

from functions.domain.customer import Action
from functions.domain.invoice import InvoiceState
from runtime import Reject
from tests.functions.invoicing.office import JUMPERS, Office
from tests.functions.making import order


def test_answers_204_and_publishes_the_invoice_as_deleted():
    office = Office()
    before = office.made(JUMPERS)

    answer = office.delete("000001")

    assert (answer.status, answer.body) == (204, None)
    assert (answer.publish.action, answer.publish.state) == (
        Action.DELETED,
        InvoiceState.CANCELLED,
    )
    assert (answer.publish.lines, answer.publish.total) == (before.lines, before.total)


def test_the_number_is_not_given_again():
    office = Office()
    office.made()
    office.delete("000001")

    assert office.made().number == "000002"


def test_an_order_whose_invoice_was_cancelled_is_not_billed_again():
    office = Office()
    office.issue(order(state="VALIDATED"))
    office.delete("000001")

    assert office.issue(order(state="VALIDATED")) is None


@pytest.mark.parametrize(
    "use",
    [
        Office.delete,
        Office.edit,
        lambda office, id: office.add_item(id, JUMPERS),
        lambda office, id: office.edit_item(id, "1"),
        lambda office, id: office.remove_item(id, "1"),
    ],
)
def test_from_then_on_it_is_404(use):
    office = Office()
    office.made(JUMPERS)
    office.delete("000001")

    with pytest.raises(Reject, match="was cancelled") as refused:
        use(office, "000001")

    assert refused.value.status == 404


def test_an_unknown_invoice_is_404():
    with pytest.raises(Reject, match="no invoice '000009'") as refused:
        Office().delete("000009")

    assert refused.value.status == 404
