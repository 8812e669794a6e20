"""The product's own function, through the whole runtime, as a service beside its daprd."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from local.bench import store
from local.bench.arena import Arena
from local.bench.contestants.base import Contestant, Entry, Named
from local.bench.workload import products, stock_levels
from local.launch import launch
from local.loading import load_functions
from runtime.spec import FunctionSpec

PACKAGE = "functions"
#: The function that is measured, and the one that fills its table.
FUNCTION, FILLER = "inventory.validate_inventory", "inventory.set_stock"
#: Where the state of a product is: table and key.
ROW = "stock/{}"


@contextmanager
def enter(
    arena: Arena, run: str, names: Sequence[str] = (), *, on_sqlite: bool = False
) -> Iterator[Entry]:
    """Start the service with an app id of its own: no state, no offsets of an earlier trial.

    Its topics are those of the product, made anew; in stock are the usual products, or these.
    """
    function, filler = specs()
    topics = [name for spec in (function, filler) for name in _topics(spec)]
    arena.make_topics(topics)
    arena.publish(stock_levels(str(filler.trigger), names))
    with launch(
        function.service,
        PACKAGE,
        arena.cluster,
        app_id=run,
        directory=arena.directory,
        sqlite=arena.directory / run / "state.db" if on_sqlite else None,
    ) as service:
        stocked = [ROW.format(name) for name in names or products()]
        store.wait_for_rows(service.dapr_url, stocked, "stock", service.check_alive)
        yield Entry(
            str(function.trigger),
            function.publishes[0],
            service.app,
            service.daprd,
            lambda: store.reserved(service.dapr_url, ROW, names),
            service.check_alive,
        )
    arena.delete_topics(topics)


def specs() -> tuple[FunctionSpec, FunctionSpec]:
    """The function that is measured, and the one that fills its table."""
    registry = load_functions([PACKAGE])
    function, filler = registry.get(FUNCTION), registry.get(FILLER)
    assert function is not None
    assert filler is not None
    return function, filler


def _topics(spec: FunctionSpec) -> list[str]:
    return [str(spec.trigger), *spec.publishes, spec.retry_topic, spec.dead_letter_topic]


ON_DAPR = Contestant(
    name="sluice",
    title="Sluice on Dapr",
    guarantee="effectively once",
    ours=True,
    share=1.0,
    enter=enter,
)
ON_SQLITE = Contestant(
    name="sluice-sqlite",
    title="Sluice on Dapr, SQLite as its store",
    guarantee="effectively once",
    ours=True,
    share=1.0,
    enter=functools.partial(enter, on_sqlite=True),
)
EMBEDDED = Named(
    name="sluice-embedded",
    title="Sluice on its embedded engine",
    guarantee="effectively once",
    ours=True,
)
EMBEDDED_OWN_ROWS = Named(
    name="sluice-embedded-own-rows",
    title="Sluice embedded, a row for each event",
    guarantee="effectively once",
    ours=True,
)


#: Sluice again, in other circumstances: the names by which they are chosen, as parts of the bench.
OWN_ROWS, SQLITE = "own-rows", "sqlite"
VARIANTS = (OWN_ROWS, SQLITE)
EMBEDDED_VARIANTS = (OWN_ROWS,)


def variants(names: Sequence[str], events: int) -> list[Contestant]:
    """Those of these names, for so many events."""
    known = {OWN_ROWS: own_rows(events), SQLITE: ON_SQLITE}
    return [known[name] for name in names]


def own_rows(events: int) -> Contestant:
    """Sluice with so many products, so that each of as many events has a row of its own."""
    names = products(events)
    return Contestant(
        name="sluice-own-rows",
        title="Sluice on Dapr, a row for each event",
        guarantee="effectively once",
        ours=True,
        share=1.0,
        enter=functools.partial(enter, names=names),
        products=names,
    )
