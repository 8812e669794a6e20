"""What the commands print: plain text and tables for people, JSON for programs.

Colour only on a terminal, and never where NO_COLOR is set: rich decides, from its own console.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any


def say(text: str) -> None:
    """Print one line as it is, without any markup, at once."""
    print(text, flush=True)


def warn(text: str) -> None:
    """Print one line to standard error: not part of the data."""
    print(text, file=sys.stderr, flush=True)


def print_json(value: Any) -> None:
    """Print a document; decimals stay exact, times are RFC 3339."""
    import msgspec

    from runtime import wire

    print(msgspec.json.format(wire.encode(value), indent=2).decode())


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under headings, as wide as they are: a pipe must not cut them."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, no_wrap=not sys.stdout.isatty())
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    console = Console() if sys.stdout.isatty() else Console(width=10_000)
    console.print(table)
