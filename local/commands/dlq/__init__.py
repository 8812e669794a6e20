"""sluice dlq: see what failed, and put it right."""

from __future__ import annotations

import typer

from local.commands.dlq.audit import audit
from local.commands.dlq.discard import discard
from local.commands.dlq.edit import edit
from local.commands.dlq.groups import groups
from local.commands.dlq.listing import list_letters
from local.commands.dlq.replay import replay
from local.commands.dlq.serve import serve
from local.commands.dlq.show import show

dlq = typer.Typer(
    name="dlq",
    help="See, edit, replay and discard the events that were given up.",
    no_args_is_help=True,
)

#: The order is that of `sluice dlq --help`: look, put right, look back.
dlq.command("list", epilog="Example: sluice dlq list --function set_stock --since 2h")(list_letters)
dlq.command(epilog="Example: sluice dlq groups")(groups)
dlq.command(epilog="Example: sluice dlq show 4f2a --reveal")(show)
dlq.command(epilog="Example: sluice dlq replay --group 1d9c04e7 --rate 50 --dry-run")(replay)
dlq.command(epilog="""Example: sluice dlq edit 4f2a --patch '{"data": {"quantity": 3}}'""")(edit)
dlq.command(epilog="Example: sluice dlq discard 4f2a --reason 'a test order'")(discard)
dlq.command(epilog="Example: sluice dlq audit --since 1d")(audit)
dlq.command(epilog="Example: sluice dlq serve --kafka 127.0.0.1:9092 --port 8095")(serve)
