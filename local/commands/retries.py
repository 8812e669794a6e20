"""sluice retries"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

import typer

from local.commands.options import DATA, FUNCTIONS, AsJson, Data, Functions, Kafka, Reveal
from local.commands.tables import Postgres, open_store
from local.output import print_json, print_table

if TYPE_CHECKING:
    from local.retries import Waiting


def retries(
    function: Annotated[
        str | None, typer.Option("--function", metavar="F", help="Only those of this function.")
    ] = None,
    data: Data = DATA,
    kafka: Kafka = None,
    postgres: Postgres = None,
    packages: Functions = FUNCTIONS,
    reveal: Reveal = False,
    as_json: AsJson = False,
) -> None:
    """List the events that failed and wait for another attempt, the next one due first."""
    from local.loading import load_functions
    from local.masking import Mask
    from local.retries import waiting

    mask = Mask(reveal=reveal)
    found = [
        replace(entry, key=mask.key(entry.key), error=mask.text(entry.error))
        for entry in waiting(load_functions(packages), open_store(data, kafka, postgres), function)
    ]
    if as_json:
        print_json([asdict(entry) for entry in found])
        return
    print_table(
        ("ID", "FUNCTION", "KEY", "ATTEMPTS", "DUE", "ERROR"), [_row(entry) for entry in found]
    )


def _row(entry: Waiting) -> tuple[object, ...]:
    key = "-" if entry.key is None else entry.key
    due = entry.due[:19] + "Z" if entry.due else "behind another"
    return entry.id[:8], entry.function, key, entry.attempts, due, entry.error
