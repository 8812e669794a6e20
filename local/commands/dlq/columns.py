"""A table of very many rows: one line each, cut where a terminal ends.

rich lays a table out in half a millisecond a row, which is a minute for a hundred thousand.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence

_GAP = "  "


def print_columns(names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under headings. A pipe gets them whole."""
    from runtime.printable import printable

    shown = [[printable(str(cell)) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(names, *shown, strict=True)]
    print(_bold(fitted(_line(names, widths))))
    for row in shown:
        print(fitted(_line(row, widths)))
    sys.stdout.flush()


def fitted(text: str) -> str:
    """Cut a line to the terminal's width; in a pipe it stays whole."""
    if not sys.stdout.isatty():
        return text
    most = shutil.get_terminal_size().columns
    if _width(text) <= most:
        return text
    from rich.cells import set_cell_size

    return f"{set_cell_size(text, most - 1)}…"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True)
    )
    return _GAP.join(padded).rstrip()


def _width(text: str) -> int:
    """Columns on a terminal: some characters take two of them, some none."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _bold(text: str) -> str:
    is_plain = "NO_COLOR" in os.environ or not sys.stdout.isatty()
    return text if is_plain else f"\x1b[1m{text}\x1b[0m"
