"""The printed invoice, opened by another program: every line, the exact total, on every page."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
import reportlab

from functions.domain.invoice import Invoice
from functions.domain.line import Line
from functions.domain.order import Order
from functions.invoicing.printer import Printer
from tests.functions.invoicing.office import FREIGHT, Office
from tests.functions.invoicing.paper import opened, pages, text
from tests.functions.making import NOON, order, order_of

#: A font with more letters than Helvetica; it comes with the library.
VERA = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"


def printed(sold: Order, printer: Printer | None = None) -> bytes:
    return (printer or Printer()).render(Invoice.for_order(sold, 17, NOON))


def of_lines(*lines: Line) -> Invoice:
    return Invoice.issue(17, lines, order_id="o-1", date="2026-01-01")


def test_names_number_date_order_and_customer():
    [page] = pages(printed(order("o-9", customer=7)))

    assert page[:4] == ["Invoice 000017", "Date: 2026-01-01", "Order: o-9", "Customer: 7"]


def test_has_every_line_and_the_exact_total():
    [page] = pages(printed(order(quantity=3, price="1999.335")))

    assert page[4:7] == [
        "Product Quantity Price Amount",
        "JUMPERS 3 1,999.335 5,998.005",
        "Total 5,998.005",
    ]


def test_keeps_lines_of_one_product_apart():
    assert text(printed(order_of(("JUMPERS", 1), ("JUMPERS", 2)))).count("JUMPERS") == 2


def test_an_order_without_price_and_customer_can_be_printed():
    assert "JUMPERS 1 0.00 0.00" in text(printed(order(price=None, customer=None)))


def test_names_the_delivery_date_where_there_is_one():
    assert "Delivery: 2026-01-31" in text(Printer().render(Office().made()))
    assert "Delivery" not in text(printed(order()))


def test_an_invoice_over_many_pages_has_every_line_under_a_head_and_its_total_once():
    lines = [Line(f"product {n}", n, Decimal("0.01")) for n in range(675)]

    found = pages(Printer().render(of_lines(*lines)))

    assert len(found) > 10
    for number, page in enumerate(found, 1):
        assert page[0] == "Invoice 000017"
        assert page.count("Product Quantity Price Amount") == 1
        assert page[-1] == f"Invoice 000017 Page {number} of {len(found)}"
    rows = [line for page in found for line in page if line.startswith("product ")]
    assert rows == [f"product {n} {n} 0.01 {n // 100}.{n % 100:02}" for n in range(675)]
    assert [line for page in found for line in page if "Total" in line] == ["Total 2,274.75"]


def test_every_page_of_a_cancelled_invoice_says_so():
    lines = [Line("P", 1, Decimal(1))] * 100
    said = "Cancelled: nothing is owed on this invoice."

    cancelled = pages(Printer().render(of_lines(*lines).cancelled()))

    assert len(cancelled) > 1
    assert all(page[1] == said for page in cancelled)
    assert "Cancelled" not in text(Printer().render(Office().made(FREIGHT)))


def test_the_largest_amounts_and_the_longest_names_are_printed_whole():
    most, long = Decimal("999999999999.999999999"), "W" * 256
    invoice = of_lines(Line(long, 2**31 - 1, most), Line("P", -(2**31), -most))

    found = text(Printer().render(invoice))

    assert found.replace("\n", "").count("W") == 256
    assert "2147483647 999,999,999,999.999999999 2,147,483,646,999,999,999,997.852516353" in found
    assert "P -2147483648 -999,999,999,999.999999999" in found


def test_a_text_that_breaks_goes_on_in_the_next_line():
    words = " ".join(f"word{n}" for n in range(30))

    page = pages(printed(order(product=words)))[0]

    first = next(n for n, line in enumerate(page) if line.startswith("word0"))
    last = next(n for n, line in enumerate(page) if line.endswith("word29"))
    assert page[first].endswith(" 1 1.00 1.00")
    assert " ".join(page[first : last + 1]).replace(" 1 1.00 1.00", "") == words


@pytest.mark.parametrize("odd", [") Tj ET (", "\\", "(", "<script>alert(1)</script>", "a\\)b"])
def test_what_others_wrote_stays_text(odd):
    document = opened(printed(order(odd, product=odd, customer=odd)))

    assert document.pages[0].extract_text().count(odd) == 3
    assert {"/OpenAction", "/AA", "/Names", "/AcroForm"}.isdisjoint(document.root_object)
    assert "/Annots" not in document.pages[0]


def test_every_letter_of_western_europe_is_printed():
    upper = bytes(range(0x80, 0x100)).decode("cp1252", "ignore")
    letters = "".join(filter(str.isprintable, upper))

    found = text(printed(order(product=letters)))

    assert len(letters) == 121
    assert set(letters) <= set(found)
    assert "could not" not in found


def test_what_is_written_in_two_characters_is_printed_as_one():
    assert "Zoë" in text(printed(order(product="Zoe\u0308")))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("茶杯 cup", "[U+8336 U+676F] cup"),
        ("Łódź", "[U+0141]ód[U+017A]"),
        ("כוס", "[U+05DB U+05D5 U+05E1]"),
        ("tea\u202epot", "tea[U+202E]pot"),
        ("🫖", "[U+1FAD6]"),
    ],
)
def test_what_cannot_be_printed_is_replaced_and_said_so(name, said):
    found = text(printed(order(product=name)))

    assert said in found
    assert "could not be printed here" in found


def test_what_can_be_printed_needs_no_note():
    assert "could not" not in text(printed(order(product="Crème brûlée")))


def test_a_font_of_the_deployment_s_own_prints_what_it_has_letters_for():
    printer = Printer.open({"SLUICE_INVOICE_FONT": str(VERA)})

    found = text(printed(order(product="Łukasz, 茶"), printer))

    assert "Łukasz, [U+8336]" in found
    assert "could not be printed here" in found


@pytest.mark.parametrize("file", ["nowhere.ttf", __file__])
def test_a_font_that_is_none_is_refused(file):
    with pytest.raises(ValueError, match=r"Setting 'SLUICE_INVOICE_FONT' is .* a TrueType file"):
        Printer.open({"SLUICE_INVOICE_FONT": file})


def test_the_same_invoice_is_the_same_bytes_whenever_and_by_whom_it_is_printed():
    sold = order_of(("Łódź", 1), ("JUMPERS", 2))
    printers = [Printer(), Printer(), Printer(VERA), Printer(VERA)]

    with ThreadPoolExecutor(4) as threads:
        plain, again, own, own_again = threads.map(lambda p: printed(sold, p), printers)

    assert plain == again != own == own_again


def test_the_document_says_what_it_is_and_of_when():
    found = opened(printed(order())).metadata

    assert (found.title, found.author) == ("Invoice 000017", "Sluice")
    assert found.creation_date == NOON


@pytest.mark.parametrize(
    "at",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(-timedelta(hours=9, minutes=30))),
        datetime(2026, 6, 1, tzinfo=UTC),
    ],
)
def test_any_date_that_an_invoice_may_have_can_be_printed(at):
    invoice = Invoice.issue(17, (), order_id="o-1", date=at.isoformat())

    assert opened(Printer().render(invoice)).metadata.creation_date == at
