"""The function runtime.

Layout, from the floor up:

- `errors`, `clock`, `settings`, `log`, `metrics`, `wire`   what can go wrong; the time; JSON
- `secrets`, `printable`               what no text may show
- `headers`                            who is asking
- `record`, `event`                    one record of a log; CloudEvents in and out
- `sidecars/`, `broker`, `probe`       the platform behind one interface; can it be trusted?
- `rows`, `listing`, `table`, `timers` what a function sees of its state
- `windows`, `joins`                   windows and joins of streams, in event time; of tables
- `retries`, `spec`, `options`, `function`, `registry`   what is declared, and which there are
- `arguments`, `intake`, `rounds`, `outputs`, `dead_letters`, `handled`, `unpublished`,
  `unwritten`, `ending`, `unit`, `delivery`
                                       one delivery: units of work of a topic function
- `breaker`, `policy`, `put_off`, `held`, `failures`, `recalls`   what fails is tried again later
- `hooks`                              who else hears of what fails
- `turns`, `claims`                    a fair lock; what is being written
- `outbox`, `requests`, `waiting`, `schedules`   HTTP and schedule functions
- `continuity`, `topics`, `kafka_topics`, `kafka_records`, `store_topics`   is anything missing?
- `service`, `catching_up`             a service at work, and when its functions may begin
- `access`, `host`, `gate`, `problems`, `server`   its HTTP side
- `engine`, `runner`, `stream`, `ticker`, `pauses`   all services on the embedded log
- `daprd`, `__main__`, `memory`        one service behind daprd
"""

from runtime.clock import Clock, FakeClock
from runtime.errors import Reject, Retry
from runtime.event import Event
from runtime.function import function
from runtime.headers import Headers
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
    "Headers",
    "Table",
    "Timers",
    # Verdicts
    "Reject",
    "Retry",
]
