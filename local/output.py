"""What the commands print: plain text and tables for people, JSON for programs.

Colour only on a terminal, and never where NO_COLOR is set: rich decides, from its own console.
Much of it came from outside, so what cannot be seen is escaped: it could move the cursor, recolour
the terminal or turn the direction of writing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any


def say(text: str) -> None:
    """Print text as it is, without any markup, at once."""
    print(_shown(text), flush=True)


def warn(text: str) -> None:
    """Print one line to standard error: not part of the data."""
    print(_shown(text), file=sys.stderr, flush=True)


def print_json(value: Any) -> None:
    """Print a document; decimals stay exact, times are RFC 3339."""
    import msgspec

    from runtime import wire
    from runtime.printable import printable_json

    print(printable_json(msgspec.json.format(wire.encode(value), indent=2).decode()))


def print_json_line(line: bytes) -> None:
    """Print one document of a stream on one line, at once."""
    from runtime.printable import printable_json

    print(printable_json(line.decode()), flush=True)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under headings, as wide as they are: a pipe must not cut them."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from runtime.printable import printable

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, no_wrap=not sys.stdout.isatty())
    for row in rows:
        table.add_row(*(Text(printable(str(cell))) for cell in row))
    console = Console() if sys.stdout.isatty() else Console(width=10_000)
    console.print(table)


def _shown(text: str) -> str:
    from runtime.printable import printable

    return printable(text, keeping="\n\t")
