"""How does an invoice become a PDF?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from io import BytesIO
from itertools import groupby
from pathlib import Path

from functions.domain.invoice import Invoice
from functions.domain.words import moment
from functions.invoicing.layout import lay_out
from functions.invoicing.lettering import BOLD, PLAIN, WESTERN, Lettering
from functions.invoicing.sheets import HEIGHT, LEFT, RIGHT, WIDTH, Mark, Page

#: Within a PDF's parentheses, for a font whose codes are those of cp1252.
_ESCAPED = str.maketrans(
    {char: f"\\{char}" for char in "\\()"}
    | {char: f"\\{char.encode('cp1252')[0]:03o}" for char in WESTERN if not char.isascii()}
)
_LETTERS_NEEDED = range(ord(" "), ord("~") + 1)


class Printer:
    """Prints invoices.

    Setting: SLUICE_INVOICE_FONT (none), a TrueType file for names that Helvetica has no letters
    for; what it prints is embedded. reportlab is loaded with the first invoice: it takes 11 MB,
    and few processes print.
    """

    def __init__(self, font: Path | None = None) -> None:
        self._lettering = Lettering() if font is None else _own_lettering(font)

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Printer:
        """Read the font. Raises ValueError when the file is none."""
        given = environ.get("SLUICE_INVOICE_FONT")
        return cls(Path(given) if given else None)

    def render(self, invoice: Invoice) -> bytes:
        """Return the invoice as a PDF: the same bytes for the same invoice, whenever it is printed.

        The pages of a cancelled one say so: its link has been mailed.
        """
        pages = lay_out(invoice, self._lettering, _width)
        return _draw(pages, f"Invoice {invoice.number or invoice.id}", moment(invoice.date))


# The same numbers stand on many invoices, and each is measured twice.
@lru_cache(maxsize=10_000)
def _width(text: str, font: str, size: int) -> float:
    from reportlab.pdfbase.pdfmetrics import stringWidth

    width: float = stringWidth(text, font, size)
    return width


def _draw(pages: Sequence[Page], title: str, date: datetime) -> bytes:
    from reportlab import rl_config
    from reportlab.pdfgen.canvas import Canvas

    # Pages need not be ASCII: without that they are smaller and sooner written.
    rl_config.useA85 = 0
    content = BytesIO()
    # Invariant: without the time of printing, and without an id made of it.
    canvas = Canvas(content, (WIDTH, HEIGHT), pageCompression=1, invariant=1, lang="en")
    canvas.setDateFormatter(lambda *_: _pdf_date(date))
    canvas.setTitle(title)
    canvas.setAuthor("Sluice")
    canvas.setSubject("Invoice")
    canvas.setCreator("Sluice")
    for page in pages:
        for (font, size), marks in groupby(page.marks, lambda mark: (mark.font, mark.size)):
            canvas.setFont(font, size)
            if font in (PLAIN, BOLD):
                canvas.addLiteral(_operations(marks))
                continue
            for mark in marks:
                canvas.drawString(mark.x, mark.y, mark.text)
        canvas.setLineWidth(0.5)
        canvas.lines([(LEFT, height, RIGHT, height) for height in page.rules])
        canvas.showPage()
    canvas.save()
    return content.getvalue()


def _operations(marks: Iterable[Mark]) -> str:
    """Write marks as PDF has them. By the library's own calls it takes twice as long."""
    shown = (f"1 0 0 1 {m.x:.2f} {m.y} Tm ({m.text.translate(_ESCAPED)}) Tj" for m in marks)
    return "\n".join(("BT", *shown, "ET"))


def _pdf_date(at: datetime) -> str:
    """Write a time as PDF has it: D:20260101120000+00'00'."""
    offset = at.utcoffset() or timedelta()
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    sign = "-" if offset < timedelta() else "+"
    return f"D:{at.year:04}{at:%m%d%H%M%S}{sign}{hours:02}'{minutes:02}'"


def _own_lettering(path: Path) -> Lettering:
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    name = str(path.absolute())
    try:
        font = TTFont(name, name)
    except TTFError as error:
        raise ValueError(_no_font(path, str(error))) from error
    letters = font.face.charToGlyph
    if not all(letter in letters for letter in _LETTERS_NEEDED):
        raise ValueError(_no_font(path, "It has no Latin letters."))
    registerFont(font)
    return Lettering(name, letters)


def _no_font(path: Path, reason: str) -> str:
    return (
        f"Setting 'SLUICE_INVOICE_FONT' is {str(path)!r}; "
        f"expected a TrueType file such as DejaVuSans.ttf. {reason}"
    )
