"""Which rows of a listed table does a client get on one page?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from runtime import Reject, Table

Row = TypeVar("Row")

MOST_ROWS = 500
#: Rows looked at for one answer. A rare one would else be searched for through all of them.
MOST_SEARCHED = 10_000


def search(
    table: Table[Row], wanted: Callable[[Row], bool], limit: int, after: str | None
) -> tuple[list[Row], str | None]:
    """Return up to `limit` wanted rows, newest first, and the mark to go on from.

    There may be fewer rows than the limit and still a mark: only without one is it the last page.
    Raises Reject (400) for a limit that is not from 1 to 500, or a mark that is none.
    """
    check_limit(limit)
    found: list[Row] = []
    searched = 0
    while searched < MOST_SEARCHED:
        page = table.page(limit - len(found), after)
        found += [row for _, row in page.rows if wanted(row)]
        searched += len(page.rows)
        after = page.after
        if len(found) == limit or after is None:
            break
    return found, after


def check_limit(limit: int) -> None:
    """Raise Reject (400) for a limit that is not from 1 to 500."""
    if not 1 <= limit <= MOST_ROWS:
        message = f"limit is {limit}; expected a number from 1 to {MOST_ROWS}."
        raise Reject(message, status=400, field="limit")
