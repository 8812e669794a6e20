"""How many orders are too many, in what time, and where is that kept?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from functions.domain.setting import positive
from runtime.windows import TumblingWindows

#: Rows are kept as long as the topic `orders` keeps its events: what could still be counted is
#: gone before they are.
KEPT_SECONDS = 7 * 24 * 3600
#: The report is spread over so many pages by partition, so that replicas do not change one row.
PAGES = 4


@dataclass(frozen=True)
class Often:
    """SLUICE_OFTEN_ORDERS (2) and SLUICE_OFTEN_SECONDS (30): more than so many in one window.

    A window takes late events until one of the same customer lies 24 windows later.
    """

    orders: int = 2
    windows: TumblingWindows = field(default_factory=lambda: TumblingWindows(timedelta(seconds=30)))

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Often:
        """Read the settings; raises ValueError naming a wrong one."""
        size = timedelta(seconds=float(positive(environ, "SLUICE_OFTEN_SECONDS", "30")))
        orders = positive(environ, "SLUICE_OFTEN_ORDERS", "2")
        return cls(int(orders), TumblingWindows(size))


def page_of(partition: int) -> str:
    """The page of the report that a partition's suspects go to."""
    return str(partition % PAGES)
