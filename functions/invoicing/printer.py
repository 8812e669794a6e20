"""How does an invoice become a PDF?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from functions.domain.invoice import Invoice
from functions.domain.words import moment
from functions.invoicing.layout import lay_out
from functions.invoicing.lettering import Lettering
from functions.invoicing.sheets import HEIGHT, LEFT, RIGHT, WIDTH, Page

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
    from reportlab.pdfgen.canvas import Canvas

    content = BytesIO()
    # Invariant: without the time of printing, and without an id made of it.
    canvas = Canvas(content, (WIDTH, HEIGHT), pageCompression=1, invariant=1, lang="en")
    canvas.setDateFormatter(lambda *_: _pdf_date(date))
    canvas.setTitle(title)
    canvas.setAuthor("Sluice")
    canvas.setSubject("Invoice")
    canvas.setCreator("Sluice")
    for page in pages:
        text = canvas.beginText()
        font = None
        for mark in page.marks:
            if font != (font := (mark.font, mark.size)):
                text.setFont(*font)
            text.setTextOrigin(mark.x, mark.y)
            text.textOut(mark.text)
        canvas.drawText(text)
        canvas.setLineWidth(0.5)
        canvas.lines([(LEFT, height, RIGHT, height) for height in page.rules])
        canvas.showPage()
    canvas.save()
    return content.getvalue()


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
