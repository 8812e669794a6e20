"""What stands on the pages of an invoice?"""

from __future__ import annotations

from collections.abc import Sequence

from functions.domain.billing import invoice_values, line_values
from functions.domain.invoice import Invoice, InvoiceState
from functions.invoicing.lettering import BOLD, NOTE, PLAIN, Lettering, Text
from functions.invoicing.sheets import LEFT, LINE, RIGHT, SIZE, Measure, Page, Sheets

_CANCELLED = "Cancelled: nothing is owed on this invoice."
_HEAD = ("Product", "Quantity", "Price", "Amount")
#: How wide columns of numbers are at least, so that pages look alike, and how far apart.
_NARROWEST, _GAP = (48, 60, 72), 12


def lay_out(invoice: Invoice, lettering: Lettering, measure: Measure) -> list[Page]:
    """Set the pages of an invoice: as many as it takes, each with the table's head and its number.

    Nothing is cut off: a name that is too long goes on in the next line, and columns of numbers
    are as wide as their longest.
    """
    layout = _Layout(invoice, lettering, measure)
    layout.set_facts()
    layout.set_lines()
    layout.set_total()
    layout.set_feet()
    return layout.sheets.pages


class _Layout:
    def __init__(self, invoice: Invoice, lettering: Lettering, measure: Measure) -> None:
        self._invoice = invoice
        self._lettering = lettering
        self._values = invoice_values(invoice)
        self._in_table = False
        self._is_whole = True
        self.sheets = Sheets(measure, self._set_head)

    def set_facts(self) -> None:
        facts = {
            "Date": self._values["date"],
            "Order": self._values["order"],
            "Customer": self._values["customer"],
            "Delivery": self._values["deliver_date"],
        }
        for name, value in facts.items():
            if value or name != "Delivery":
                for text in self.sheets.broken(self._write(f"{name}: {value}"), RIGHT - LEFT):
                    self.sheets.next_line()
                    self.sheets.put(LEFT, text)

    def set_lines(self) -> None:
        rows = [tuple(line_values(line).values()) for line in self._invoice.lines]
        self._columns = self._edges(rows)
        self.sheets.need(4 * LINE)
        self.sheets.leave_space()
        self._set_table_head(self.sheets)
        for product, *numbers in rows:
            name = self.sheets.broken(self._write(product), self._columns[0] - LEFT)
            for place, text in enumerate(name):
                self.sheets.next_line()
                self.sheets.put(LEFT, text)
                if place == 0:
                    self._put_numbers(self.sheets, numbers, PLAIN)
        self._in_table = False

    def set_total(self) -> None:
        self.sheets.need(3 * LINE)
        self.sheets.rule()
        self.sheets.leave_space()
        self.sheets.put(LEFT, self._lettering.write("Total", BOLD))
        self.sheets.put_before(RIGHT, self._values["total"], BOLD)
        if not self._is_whole:
            self.sheets.next_line()
            self.sheets.next_line()
            self.sheets.put(LEFT, self._lettering.write(NOTE))

    def set_feet(self) -> None:
        for number in self.sheets.at_foot_of_each():
            self.sheets.put(LEFT, self._title(PLAIN))
            self.sheets.put_before(RIGHT, f"Page {number} of {len(self.sheets.pages)}", PLAIN)

    def _set_head(self, sheets: Sheets) -> None:
        sheets.put(LEFT, self._title(BOLD), 20 if len(sheets.pages) == 1 else 11)
        if self._invoice.state is InvoiceState.CANCELLED:
            sheets.leave_space()
            sheets.put(LEFT, self._lettering.write(_CANCELLED, BOLD), 11)
        sheets.leave_space()
        if self._in_table:
            self._set_table_head(sheets)

    def _title(self, font: str) -> Text:
        return self._lettering.write(f"Invoice {self._values['number']}", font)

    def _set_table_head(self, sheets: Sheets) -> None:
        sheets.next_line()
        sheets.put(LEFT, self._lettering.write(_HEAD[0], BOLD))
        self._put_numbers(sheets, _HEAD[1:], BOLD)
        sheets.rule()
        self._in_table = True

    def _put_numbers(self, sheets: Sheets, numbers: Sequence[str], font: str) -> None:
        for edge, number in zip(self._columns[1:], numbers, strict=True):
            sheets.put_before(edge, number, font)

    def _edges(self, rows: Sequence[Sequence[str]]) -> list[float]:
        """Where the names end at the latest, and where each column of numbers does."""
        edges: list[float] = [RIGHT]
        for column in (3, 2, 1):
            widths = [self.sheets.measure(row[column], PLAIN, SIZE) for row in rows]
            edges.insert(0, edges[0] - max([_NARROWEST[column - 1], *widths]) - _GAP)
        return edges

    def _write(self, text: str) -> Text:
        """Write what others have written: it may hold what cannot be printed."""
        written = self._lettering.write(text)
        self._is_whole = self._is_whole and written.is_whole
        return written
