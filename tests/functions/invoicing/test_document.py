"""Where a document is kept, and what it is called."""

from __future__ import annotations

from functions.invoicing.document import key_of, name_of
from tests.functions.invoicing.office import Office
from tests.functions.making import order


def test_an_invoice_made_by_hand_never_has_the_key_of_an_order():
    office = Office()
    by_hand = office.made(id="o-1")
    issued = office.issue(order("o-1", state="VALIDATED"))

    assert key_of(by_hand) != key_of(issued)


def test_a_document_is_called_by_its_number_whatever_its_id():
    assert name_of(Office().made(id='50% "off"?')) == "invoice-000001.pdf"
