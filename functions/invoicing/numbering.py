"""Which number does the next invoice get?"""

from __future__ import annotations

from functions.domain.invoice import Counter
from runtime import Table

#: The one sequence of invoice numbers.
SEQUENCE = "invoices"


def next_number(numbers: Table[Counter]) -> int:
    """Take the next number. No gap and no repeat: it is written with what it is taken for.

    Whoever takes one at the same time is refused when it writes, and runs again with the next.
    """
    with numbers.edit(SEQUENCE, default=Counter) as counter:
        counter.last += 1
        return counter.last
