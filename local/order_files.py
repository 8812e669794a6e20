"""How is an order book read from a file that somebody exported?

Columns are found by their header, whatever their order; the file may be gzipped, start with a byte
order mark, end its lines the Windows way, be UTF-8, Latin-1 or (with its mark) UTF-16, and be
separated by commas, semicolons or tabs.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path

from local.errors import Failure, Misuse
from local.order_rows import Rejected

#: Our name of a column -> how exports call it, compared without case, blanks and underscores.
COLUMNS = {
    "InvoiceNo": ("invoiceno", "invoice"),
    "StockCode": ("stockcode",),
    "Quantity": ("quantity",),
    "InvoiceDate": ("invoicedate",),
    "UnitPrice": ("unitprice", "price"),
    "CustomerID": ("customerid",),
    "Country": ("country",),
}
_OPTIONAL = {"Country"}
#: Characters of a header that an error quotes.
_NAMES_SHOWN = 200


def read_rows(path: Path) -> Iterator[dict[str, str] | Rejected]:
    """Yield every row below the header, or why its cells cannot be told apart.

    A blank line is no row. Raises Misuse when the file is missing or has other columns, Failure
    when it is damaged.
    """
    text = _text(path)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    header = next(table, [])
    places = _places(path, header)
    before = table.line_num
    try:
        for cells in table:
            if cells:
                row = _row(cells, len(header), places)
                if isinstance(row, Rejected) and table.line_num > before + 1:
                    # It took in the rows below it, which would be lost as one.
                    raise csv.Error(f"the row goes on until line {table.line_num}")
                yield row
            before = table.line_num
    except csv.Error as error:
        raise Failure(
            f"File {str(path)!r} cannot be read after line {before}: {error}. "
            "Look for a quote that is opened there and never closed."
        ) from error


def _row(cells: list[str], width: int, places: dict[str, int]) -> dict[str, str] | Rejected:
    if len(cells) < width:
        return Rejected("missing columns")
    if len(cells) > width:
        return Rejected("too many columns")
    return {name: cells[place] if place >= 0 else "" for name, place in places.items()}


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
    except FileNotFoundError:
        raise Misuse(
            f"File {str(path)!r} does not exist; expected an order book, .csv or .csv.gz."
        ) from None
    except IsADirectoryError:
        raise Misuse(
            f"{str(path)!r} is a folder; expected an order book, .csv or .csv.gz."
        ) from None
    except (OSError, EOFError, zlib.error) as error:
        raise Failure(
            f"File {str(path)!r} cannot be read: {error}. Fetch or export it again."
        ) from error
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _separator(text: str) -> str:
    header = text.partition("\n")[0]
    return max(",;\t", key=header.count)


def _places(path: Path, header: list[str]) -> dict[str, int]:
    found = {"".join(cell.split()).replace("_", "").lower(): at for at, cell in enumerate(header)}
    places = {
        name: next((found[alias] for alias in aliases if alias in found), -1)
        for name, aliases in COLUMNS.items()
    }
    missing = [name for name, place in places.items() if place < 0 and name not in _OPTIONAL]
    if missing:
        # Not as they are: a file of another kind may hold what a terminal obeys.
        names = ", ".join(header).encode("unicode_escape").decode()
        raise Misuse(
            f"File {str(path)!r} has the columns {names[:_NAMES_SHOWN] or '(none)'}; "
            f"missing: {', '.join(missing)}. Expected an export of the Online Retail order book, "
            "with its header line."
        )
    return places
