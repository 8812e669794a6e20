"""Programs beside a daprd that are not Sluice: the quickstart style, and a bare loop."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from local import components
from local.bench import store
from local.bench.arena import Arena
from local.bench.contestants.base import Contestant, Entry
from local.service_process import ServiceProcess

_PROGRAMS = Path(__file__).resolve().parents[1] / "peers"
#: Four partitions are four requests at a time; daprd sends no more.
_GRANIAN = "granian --interface wsgi --port $APP_PORT --blocking-threads 8 --no-log"
_GUARANTEE = "at least once, loses updates"


@contextmanager
def _enter(
    command: Sequence[str], pubsubs: Sequence[str], arena: Arena, run: str
) -> Iterator[Entry]:
    orders, results = f"orders-{run}", f"results-{run}"
    arena.make_topics([orders, results])
    home = arena.directory / run
    folder = components.render(
        home / "components",
        kafka=arena.cluster.kafka,
        postgres=arena.cluster.postgres,
        only={*pubsubs, "statestore"},
    )
    environment = {
        "ORDERS_TOPIC": orders,
        "RESULTS_TOPIC": results,
        "PYTHONPATH": str(_PROGRAMS),
    }
    with ServiceProcess(run, command, arena.cluster, folder, home, environment) as service:
        service.start()
        store.stock_up(service.dapr_url)
        yield Entry(
            orders,
            results,
            service.app,
            service.daprd,
            lambda: store.reserved(service.dapr_url),
            service.check_alive,
        )
    arena.delete_topics([orders, results])


def _granian(program: str) -> Sequence[str]:
    return ["sh", "-c", f"exec {sys.executable} -m {_GRANIAN} {program}:app"]


QUICKSTART = Contestant(
    name="quickstart",
    title="Dapr quickstart style",
    guarantee=_GUARANTEE,
    share=1 / 30,
    enter=functools.partial(_enter, [sys.executable, "-m", "quickstart"], ["events"]),
)
QUICKSTART_BEST = Contestant(
    name="quickstart-best",
    title="quickstart at its best (granian, shared client)",
    guarantee=_GUARANTEE,
    share=1 / 15,
    enter=functools.partial(_enter, _granian("quickstart_best"), ["events"]),
)
BARE = Contestant(
    name="bare-dapr",
    title="bare loop over daprd",
    guarantee="at least once, also in its stock",
    share=1.0,
    enter=functools.partial(_enter, _granian("bare_dapr"), ["events", "events-2"]),
)
