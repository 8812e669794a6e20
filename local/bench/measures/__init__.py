"""What is measured beside events per second; each by itself with `sluice bench --only NAME`.

startup      `sluice --help`, and `sluice up` until it serves
memory       of a service process, at rest and under load
decisions    from the POST of an order to its decision
long_polls   many clients that wait for their orders
history      a large log: opening it, and the rates on it
table        a large lookup table: loading it, and reading a row
base         what a measure is
"""

from __future__ import annotations

from collections.abc import Sequence

from local.bench.measures.base import Measure
from local.bench.measures.decisions import DECISIONS
from local.bench.measures.history import HISTORY
from local.bench.measures.long_polls import LONG_POLLS
from local.bench.measures.memory import MEMORY
from local.bench.measures.startup import STARTUP
from local.bench.measures.table import TABLE

#: In the order in which they run.
MEASURES: Sequence[Measure] = (STARTUP, MEMORY, DECISIONS, LONG_POLLS, HISTORY, TABLE)
