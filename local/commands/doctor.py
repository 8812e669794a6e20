"""sluice doctor"""

from __future__ import annotations

from typing import Annotated

import typer

from local.commands.options import DATA, AsJson, Data, Kafka
from local.output import print_json, say


def doctor(
    data: Data = DATA,
    port: Annotated[
        int,
        typer.Option("--port", envvar="SLUICE_PORT", min=1, max=65535, help="The gateway's port."),
    ] = 8080,
    kafka: Kafka = None,
    as_json: AsJson = False,
) -> None:
    """Check that everything is there.

    What is "optional" is needed for a cluster only. The exit code is 1 when something prevents
    `sluice up`.
    """
    from local.doctor import checks

    found = list(checks(data, port, kafka))
    if as_json:
        print_json([{**vars(check), "ok": check.ok} for check in found])
    else:
        for check in found:
            mark = "ok" if check.ok else "problem" if check.blocks else "optional"
            say(f"{mark:8}  {check.name:16}  {check.found}")
            if check.cure:
                say(f"{'':10}{'':18}{check.cure}")
    if any(check.blocks and not check.ok for check in found):
        raise typer.Exit(1)
