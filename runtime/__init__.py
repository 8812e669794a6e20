"""The function runtime.

Layout, from the floor up:

- `errors`, `clock`, `log`, `wire`     what can go wrong; the time; logs; strict JSON
- `record`, `event`                    one record of a log; CloudEvents in and out
- `sidecars/`                          the platform behind one interface: embedded, dapr, recording
- `rows`, `listing`, `table`, `timers` what a function sees of its state
- `retries`, `spec`, `options`, `function`, `registry`   what is declared, and which there are
- `windows`                            session windows and joins, in event time
- `arguments`, `outcome`, `handled`, `dead_letters`, `delivery`   one delivery: the unit of work
- `outbox`, `requests`, `waiting`      HTTP and schedule functions
- `engine`, `host`, `server`           running a service: on the embedded log, or behind daprd
"""

from runtime.clock import Clock, FakeClock
from runtime.errors import Reject, Retry
from runtime.event import Event
from runtime.function import function
from runtime.retries import Retries
from runtime.spec import Outgoing, Response
from runtime.table import Table
from runtime.timers import Timers

__all__ = [
    # Declaring a function
    "function",
    "Outgoing",
    "Response",
    "Retries",
    # What a function asks for
    "Clock",
    "Event",
    "FakeClock",
    "Table",
    "Timers",
    # Verdicts
    "Reject",
    "Retry",
]
