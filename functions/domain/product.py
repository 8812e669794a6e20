"""Which products does the legacy inventory count, and what is wrong with a count?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import Raw, Struct, json

#: Four letters and four digits.
CODE = re.compile(r"[A-Z]{4}[0-9]{4}")
#: A count beyond this would not survive a reader that keeps JSON numbers as doubles.
HIGHEST_COUNT = 2**53 - 1


class Product(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A product and how many of it the legacy system counted last; None before its first count.

    `counted_at` is the event time of that count.
    """

    code: str
    name: str
    count: int | None = None
    counted_at: datetime | None = None

    def counted(self, count: int, time: datetime) -> Product:
        """Return the product with this count; unless it was counted later than `time`."""
        if self.counted_at is not None and time < self.counted_at:
            return self
        return Product(self.code, self.name, count, time)


class ProductUpdate(Struct, frozen=True, forbid_unknown_fields=True):
    """What the legacy system says: any JSON object of these two attributes, right or wrong."""

    product_code: Any = None
    #: As it is written: a count must not become another one by being read.
    inventory_count: Raw = Raw(b"null")

    @property
    def code(self) -> str | None:
        """The product's code, if it looks like one."""
        found = self.product_code
        return found if isinstance(found, str) and CODE.fullmatch(found) else None

    @property
    def count(self) -> int:
        """The count. Ask `problems` before."""
        return int(Decimal(bytes(self.inventory_count).decode()))

    def problems(self, exists: Callable[[str], bool]) -> list[str]:
        """Return everything that is wrong with it, in the words that the legacy system knows."""
        return [
            *(f"Product code {problem}" for problem in self._code_problems(exists)),
            *(f"Inventory count {problem}" for problem in _count_problems(self.inventory_count)),
        ]

    def _code_problems(self, exists: Callable[[str], bool]) -> Iterator[str]:
        found = self.product_code
        if found is None or (isinstance(found, str) and not found.strip()):
            yield "can't be blank"
        elif self.code is None or not exists(self.code):
            named = found if isinstance(found, str) else json.encode(found).decode()
            yield f"{named} does not exist"


def _count_problems(written: Raw) -> Iterator[str]:
    found = json.decode(written)
    if found is None or (isinstance(found, str) and not found.strip()):
        yield "can't be blank"
        return
    if isinstance(found, bool) or not isinstance(found, int | float):
        yield "is not a number"
        return
    count = Decimal(bytes(written).decode())
    if count != count.to_integral_value():
        yield "must be an integer"
    if count < 0:
        yield "must be greater than or equal to 0"
    if count > HIGHEST_COUNT:
        yield f"must be less than or equal to {HIGHEST_COUNT}"
