"""sluice tables"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local.commands.options import DATA, FUNCTIONS, AsJson, Data, Functions, Kafka, Reveal
from local.errors import Failure, Misuse
from local.output import print_json, print_table, say

if TYPE_CHECKING:
    from msgspec import Raw

    from local.masking import Mask
    from local.states import Store, TableRows
    from runtime.registry import Registry

Postgres = Annotated[
    str | None,
    typer.Option(
        "--postgres",
        envvar="SLUICE_POSTGRES",
        metavar="CONNECTION",
        help="The cluster's state store; that of `sluice cluster up` when left out.",
    ),
]


def tables(
    table: Annotated[
        str | None, typer.Argument(metavar="[TABLE", help="A table, or SERVICE.TABLE.")
    ] = None,
    key: Annotated[str | None, typer.Argument(metavar="[KEY]]", help="One row of it.")] = None,
    data: Data = DATA,
    kafka: Kafka = None,
    postgres: Postgres = None,
    packages: Functions = FUNCTIONS,
    reveal: Reveal = False,
    as_json: AsJson = False,
) -> None:
    """List the tables, the rows of one table, or one row.

    Names, addresses and the like are masked.
    """
    from local.loading import load_functions
    from local.masking import Mask
    from local.states import find_tables

    mask = Mask(reveal=reveal)
    registry, store = load_functions(packages), open_store(data, kafka, postgres)
    if table is None:
        _list(registry, store, as_json)
    elif key is None:
        _rows(find_tables(registry, table), store, mask, as_json)
    else:
        _row(find_tables(registry, table), key, store, mask, as_json)


def open_store(data: Path, kafka: str | None, postgres: str | None = None) -> Store:
    """Open the state of a data directory, or of a cluster when `kafka` is given.

    Raises Misuse when there is none.
    """
    from local.finding import DATABASE
    from local.states import EmbeddedStore, PostgresStore

    if kafka or postgres:
        return PostgresStore(postgres or _cluster_postgres())
    if not (data / DATABASE).exists():
        raise Misuse(
            f"There is no data in {str(data)!r}; expected the directory of a `sluice up` or "
            "`sluice demo`. Name it with --data, or a cluster with --kafka."
        )
    return EmbeddedStore(data)


def _cluster_postgres() -> str:
    from local.cluster import find_cluster

    cluster = find_cluster()
    if cluster is None:
        raise Misuse(
            "The cluster was not started by `sluice cluster up` here; name its state store with "
            "--postgres 'host=... port=... user=... dbname=...'."
        )
    return cluster.postgres


def _list(registry: Registry, store: Store, as_json: bool) -> None:
    from local.states import tables_of

    counts = [(t.service, t.spec.name, sum(1 for _ in t.rows(store))) for t in tables_of(registry)]
    if as_json:
        print_json([{"service": s, "table": t, "rows": rows} for s, t, rows in counts])
    else:
        print_table(("SERVICE", "TABLE", "ROWS"), counts)


def _rows(found: list[TableRows], store: Store, mask: Mask, as_json: bool) -> None:
    rows = (
        (t.service, mask.key(key), _shown(row, mask)) for t in found for key, row in t.rows(store)
    )
    if as_json:
        print_json([{"service": s, "key": key, "row": row} for s, key, row in rows])
        return
    for service, key, row in rows:
        say(f"{f'{service}  ' if len(found) > 1 else ''}{key}  {bytes(row).decode()}")


def _row(found: list[TableRows], key: str, store: Store, mask: Mask, as_json: bool) -> None:
    rows = [(t.service, row) for t in found for _, row in t.rows(store, key)]
    if not rows:
        raise Failure(f"The table {found[0].spec.name!r} has no row {key!r}.")
    if len(rows) > 1:
        names = ", ".join(f"{service}.{found[0].spec.name}" for service, _ in rows)
        raise Misuse(f"Several services have such a row; name one of them: {names}.")
    row = _shown(rows[0][1], mask)
    if as_json:
        print_json(row)
    else:
        say(bytes(row).decode())


def _shown(row: Raw, mask: Mask) -> Raw:
    import msgspec

    from runtime import wire

    return msgspec.Raw(wire.encode(mask.payload(bytes(row))["value"]))
