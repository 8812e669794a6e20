"""What stands where on which page of an invoice?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from functions.domain.billing import invoice_values, line_values
from functions.domain.invoice import Invoice, InvoiceState
from functions.invoicing.lettering import BOLD, NOTE, PLAIN, Lettering, Text

#: A4; like every length here in points, a 72nd of an inch, from the lower left corner.
WIDTH, HEIGHT = 595, 842
LEFT, RIGHT, _TOP, _BOTTOM = 56, WIDTH - 56, HEIGHT - 56, 64
_SIZE, _STEP, _SPACE, _GAP = 9, 13, 20, 12
_HEAD = ("Product", "Quantity", "Price", "Amount")
#: No column of numbers is narrower: pages look alike.
_NARROWEST = (48, 60, 72)

#: How wide a text is, in a font of a size.
Measure = Callable[[str, str, int], float]


class Mark(NamedTuple):
    """A text that begins at a place."""

    x: float
    y: int
    text: str
    font: str
    size: int


@dataclass
class Page:
    """What stands on one page, and the heights of the lines across it."""

    marks: list[Mark] = field(default_factory=list)
    rules: list[int] = field(default_factory=list)


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
    return layout.pages


class _Layout:
    def __init__(self, invoice: Invoice, lettering: Lettering, measure: Measure) -> None:
        self.pages: list[Page] = []
        self._invoice = invoice
        self._lettering = lettering
        self._measure = measure
        self._values = invoice_values(invoice)
        self._in_table = False
        self._is_whole = True
        self._turn_page()

    def set_facts(self) -> None:
        facts = {
            "Date": self._values["date"],
            "Order": self._values["order"],
            "Customer": self._values["customer"],
            "Delivery": self._values["deliver_date"],
        }
        for name, value in facts.items():
            if value or name != "Delivery":
                for text in self._wrapped(f"{name}: {value}", RIGHT - LEFT):
                    self._next_line()
                    self._put(LEFT, text)

    def set_lines(self) -> None:
        rows = [tuple(line_values(line).values()) for line in self._invoice.lines]
        self._columns = self._edges(rows)
        self._need(4 * _STEP)
        self._space()
        self._set_table_head()
        for product, *numbers in rows:
            for number, text in enumerate(self._wrapped(product, self._columns[0] - LEFT)):
                self._next_line()
                self._put(LEFT, text)
                if number == 0:
                    self._put_numbers(numbers)
        self._in_table = False

    def set_total(self) -> None:
        self._need(3 * _STEP)
        self._rule()
        self._space()
        self._put(LEFT, self._lettering.write("Total", BOLD))
        self._put_right(RIGHT, self._values["total"], BOLD)
        if not self._is_whole:
            self._next_line()
            self._next_line()
            self._put(LEFT, self._lettering.write(NOTE))

    def set_feet(self) -> None:
        for number, page in enumerate(self.pages, 1):
            self._page, self._y = page, _BOTTOM - 2 * _STEP
            self._put(LEFT, self._title(PLAIN))
            self._put_right(RIGHT, f"Page {number} of {len(self.pages)}", PLAIN)

    def _turn_page(self) -> None:
        self._page = Page()
        self.pages.append(self._page)
        self._y = _TOP
        self._put(LEFT, self._title(BOLD), 20 if len(self.pages) == 1 else 11)
        if self._invoice.state is InvoiceState.CANCELLED:
            self._space()
            said = "Cancelled: nothing is owed on this invoice."
            self._put(LEFT, self._lettering.write(said, BOLD), 11)
        self._space()
        if self._in_table:
            self._set_table_head()

    def _title(self, font: str) -> Text:
        return self._lettering.write(f"Invoice {self._values['number']}", font)

    def _set_table_head(self) -> None:
        self._next_line()
        self._put(LEFT, self._lettering.write(_HEAD[0], BOLD))
        self._put_numbers(_HEAD[1:], BOLD)
        self._rule()
        self._in_table = True

    def _edges(self, rows: Sequence[Sequence[str]]) -> list[float]:
        """Where the names end at the latest, and where each column of numbers does."""
        edges: list[float] = [RIGHT]
        for column in (3, 2, 1):
            widths = [self._measure(row[column], PLAIN, _SIZE) for row in rows]
            edges.insert(0, edges[0] - max([_NARROWEST[column - 1], *widths]) - _GAP)
        return edges

    def _put_numbers(self, numbers: Sequence[str], font: str = PLAIN) -> None:
        for edge, number in zip(self._columns[1:], numbers, strict=True):
            self._put_right(edge, number, font)

    def _put(self, x: float, text: Text, size: int = _SIZE) -> None:
        self._page.marks.append(Mark(x, self._y, text.text, text.font, size))

    def _put_right(self, edge: float, text: str, font: str) -> None:
        x = edge - self._measure(text, font, _SIZE)
        self._page.marks.append(Mark(x, self._y, text, font, _SIZE))

    def _rule(self) -> None:
        self._page.rules.append(self._y - 4)

    def _next_line(self) -> None:
        self._need(_STEP)
        self._y -= _STEP

    def _space(self) -> None:
        self._y -= _SPACE

    def _need(self, height: int) -> None:
        if self._y - height < _BOTTOM:
            self._turn_page()

    def _wrapped(self, text: str, width: float) -> Iterator[Text]:
        """Break a text into lines of at most this width, between words where there are any."""
        written = self._lettering.write(text)
        self._is_whole = self._is_whole and written.is_whole
        for line in self._broken(written.text, written.font, width):
            yield written._replace(text=line)

    def _broken(self, text: str, font: str, width: float) -> Iterator[str]:
        while self._measure(text, font, _SIZE) > width:
            end = self._fitting(text, font, width)
            space = text.rfind(" ", 1, end + 1)
            yield text[: space if space > 0 else end]
            text = text[space + 1 if space > 0 else end :]
        yield text

    def _fitting(self, text: str, font: str, width: float) -> int:
        """How many characters fit, one at least."""
        end = 1
        while end < len(text) and self._measure(text[: end + 1], font, _SIZE) <= width:
            end += 1
        return end
