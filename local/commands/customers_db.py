"""sluice customers-db"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from local.commands.options import FUNCTIONS, Functions
from local.output import say


def customers_db(
    path: Annotated[
        Path,
        typer.Argument(metavar="FILE", envvar="SLUICE_CUSTOMERS_DB", help="The SQLite database."),
    ],
    packages: Functions = FUNCTIONS,
) -> None:
    """Make a customers database whose changes become events, or add that to one that is there.

    A new one has nine customers. Of one with a table `customers` every row is kept, and is told
    first; triggers write each later change into the table `customer_changes`. The services capture
    it where SLUICE_CUSTOMERS_DB names the file. Run again, it changes nothing.
    """
    from local.customers_db import init
    from local.demo_data import customers

    made = init(path, customers(packages))
    say(f"{path} {'is ready' if made else 'was ready before'}; to capture it:")
    say(f"  export SLUICE_CUSTOMERS_DB={path.resolve()}")
