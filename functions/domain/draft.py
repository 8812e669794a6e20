"""What may a client say about an invoice, and about an item of one?"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from msgspec import Raw, Struct, to_builtins
from msgspec.structs import fields

from functions.domain import reading
from functions.domain.form import BLANK, Form, Sent
from functions.domain.invoice import Invoice, Item, KnownOrder
from functions.domain.line import Line
from functions.domain.words import Ident, moment, total

#: Looks for an order that may be billed.
FindOrder = Callable[[str], KnownOrder | None]
#: What an invoice has, and equals nothing that a client may send.
_READ_ONLY = dict.fromkeys((field.encode_name for field in fields(Invoice)), object())


class Draft(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An invoice as a client asks for it: what makes a repeated request the same one."""

    order_id: str
    customer_id: Ident | None = None
    organization_id: Ident | None = None
    date: str
    deliver_date: str
    lines: tuple[Item, ...] = ()

    @classmethod
    def of(cls, form: Form) -> Draft:
        """Take what was read, and nothing of it was refused."""
        return cls(**{name: form.values[name] for name in form.values if name != "id"})

    def invoice(self, id: str, number: int, order: KnownOrder, document: str) -> Invoice:
        """Make the invoice. It is for whom the order is, as far as the draft does not say."""
        return Invoice.issue(
            number,
            self.lines,
            id=id,
            order_id=self.order_id,
            customer_id=order.customer_id if self.customer_id is None else self.customer_id,
            organization_id=(
                order.organization_id if self.organization_id is None else self.organization_id
            ),
            date=self.date,
            deliver_date=self.deliver_date,
            document=document,
            by_hand=True,
        )


def read_draft(sent: Sent, find_order: FindOrder) -> Form:
    """Read a new invoice: the fields of a `Draft`, and perhaps an `id`.

    `date` and `deliverDate` are dates, or times with a zone, and the second is later; two dates of
    one day are not. The order must exist, in whatever state. The customer is that of the order
    unless another is named; one of both must be.
    """
    form = Form(sent)
    form.read("id", _id, required=False)
    form.read("order_id", reading.text)
    _read_common(form, customer=False)
    form.refuse_others(_READ_ONLY)
    _check_dates(form, None, None)
    _check_total(form, ())
    if "order_id" in form.values:
        order = find_order(form.values["order_id"])
        if order is None:
            form.refuse("order_id", "must exist")
        elif order.customer_id is None and form.values.get("customer_id") is None:
            form.refuse("customer_id", BLANK)
    return form


def read_changes(sent: Sent, invoice: Invoice) -> Form:
    """Read changes of an invoice: any of its dates, customer, organization and lines.

    `lines` are all of them from then on; one without an id is a new item. What stands fast (id,
    order, number, state) may be sent as it is, so that a client can send back what it was given.
    """
    form = Form(sent, partial=True)
    _read_common(form, customer=True)
    form.refuse_others(_READ_ONLY | to_builtins(invoice))
    _check_dates(form, invoice.date, invoice.deliver_date)
    _check_total(form, invoice.lines)
    return form


def read_item(sent: Sent, *, place: str = "") -> Form:
    """Read a new item: product, quantity and price, and perhaps an `id`."""
    form = Form(sent, place=place)
    form.read("id", reading.segment, required=False)
    _read_line(form)
    form.refuse_others({})
    return form


def read_item_changes(sent: Sent, item: Item) -> Form:
    """Read changes of an item: any of product, quantity and price."""
    form = Form(sent, partial=True)
    _read_line(form)
    form.refuse_others(to_builtins(item))
    return form


def _read_common(form: Form, *, customer: bool) -> None:
    form.read("date", reading.time)
    form.read("deliver_date", reading.time)
    form.read("customer_id", reading.ident, required=customer)
    form.read("organization_id", reading.ident, required=False)
    form.read("lines", reading.objects, required=False)
    form.read("total", reading.amount, required=False)
    if "lines" in form.values:
        _read_lines(form)


def _read_lines(form: Form) -> None:
    items: list[Item] = []
    taken: set[str | None] = set()
    for number, sent in enumerate(form.values["lines"] or ()):
        line = read_item(sent, place=f"lines[{number}].")
        id = line.values.get("id")
        if id is not None and id in taken:
            line.refuse("id", "is taken")
        taken.add(id)
        form.problems |= line.problems
        if not line.problems:
            items.append(Item(**line.values))
    form.values["lines"] = tuple(items)


def _read_line(form: Form) -> None:
    form.read("product", reading.text)
    form.read("quantity", reading.pieces)
    form.read("price", reading.amount)


def _check_dates(form: Form, date: str | None, deliver_date: str | None) -> None:
    """Check what there will be, where one of both was sent."""
    sent = form.values.keys() & {"date", "deliver_date"}
    first, second = form.values.get("date", date), form.values.get("deliver_date", deliver_date)
    if sent and first and second and moment(second) <= moment(first):
        form.refuse("deliver_date", "must be later than date")


def _check_total(form: Form, lines: tuple[Line, ...]) -> None:
    """A total is not taken from a client, but one that counts otherwise is told."""
    given: Decimal | None = form.values.pop("total", None)
    lines = form.values.get("lines", lines)
    if given is not None and not any(field.startswith("lines") for field in form.problems):
        amount = total(line.amount for line in lines)
        if given != amount:
            form.refuse("total", f"must be the sum of the lines, {amount}")


def _id(raw: Raw) -> str:
    """An id must not be a number of the kind that invoices get."""
    found = reading.segment(raw)
    if re.fullmatch("[0-9]{6,}", found):
        raise ValueError("is reserved")
    return found
