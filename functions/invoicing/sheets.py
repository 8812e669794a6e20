"""Where does the next line stand, and on which page?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from functions.invoicing.lettering import Text

#: A4; like every length here in points, a 72nd of an inch, from the lower left corner.
WIDTH, HEIGHT = 595, 842
LEFT, RIGHT, TOP, BOTTOM = 56, WIDTH - 56, HEIGHT - 56, 64
#: The size of letters, and how far apart lines and paragraphs are.
SIZE, LINE, PARAGRAPH = 9, 13, 20

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
    """What stands on one page, and the heights of the lines drawn across it."""

    marks: list[Mark] = field(default_factory=list)
    rules: list[int] = field(default_factory=list)


class Sheets:
    """Pages that fill from the top; `head` writes what stands at the top of each."""

    def __init__(self, measure: Measure, head: Callable[[Sheets], None]) -> None:
        self.pages: list[Page] = []
        self.measure = measure
        self._head = head
        self._turn()

    def put(self, x: float, text: Text, size: int = SIZE) -> None:
        """Write to the right of here, in the line where we are."""
        self._page.marks.append(Mark(x, self._y, text.text, text.font, size))

    def put_before(self, edge: float, text: str, font: str) -> None:
        """Write so that it ends here."""
        x = edge - self.measure(text, font, SIZE)
        self._page.marks.append(Mark(x, self._y, text, font, SIZE))

    def rule(self) -> None:
        """Draw a line below what was written last."""
        self._page.rules.append(self._y - 4)

    def next_line(self) -> None:
        """Go on in the next line, on the next page if there is none left on this one."""
        self.need(LINE)
        self._y -= LINE

    def leave_space(self) -> None:
        """Go on a bit further down."""
        self._y -= PARAGRAPH

    def need(self, height: int) -> None:
        """Turn the page when there is less room than that on it."""
        if self._y - height < BOTTOM:
            self._turn()

    def at_foot_of_each(self) -> Iterator[int]:
        """Go back to the foot of each page; yields their numbers."""
        for number, page in enumerate(self.pages, 1):
            self._page, self._y = page, BOTTOM - 2 * LINE
            yield number

    def broken(self, text: Text, width: float) -> Iterator[Text]:
        """Break a text into lines of at most this width, between words where there are any."""
        rest = text.text
        while self.measure(rest, text.font, SIZE) > width:
            end = self._fitting(rest, text.font, width)
            space = rest.rfind(" ", 1, end + 1)
            yield text._replace(text=rest[: space if space > 0 else end])
            rest = rest[space + 1 if space > 0 else end :]
        yield text._replace(text=rest)

    def _fitting(self, text: str, font: str, width: float) -> int:
        """How many characters fit, one at least."""
        end = 1
        while end < len(text) and self.measure(text[: end + 1], font, SIZE) <= width:
            end += 1
        return end

    def _turn(self) -> None:
        self._page = Page()
        self.pages.append(self._page)
        self._y = TOP
        self._head(self)
