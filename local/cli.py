"""The `sluice` command: which verbs there are, and how an error is told to a person."""

from __future__ import annotations

import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from local.commands.flow import flow
from local.commands.functions import functions
from local.commands.publish import publish
from local.commands.tail import tail
from local.commands.topics import topics

#: Exit codes besides 0; Typer itself answers 2 to a wrong option and 130 to Ctrl-C.
FAILED, MISUSED = 1, 2


class Commands(TyperGroup):
    """Turns what a command raises into a line on standard error and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except BrokenPipeError:
            # `sluice tail | head`: the reader has enough. Python flushes once more when it ends,
            # and would complain; so the rest goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except Exception as error:
            raise typer.Exit(_tell(error)) from error


def _tell(error: Exception) -> int:
    """Print what went wrong and return the exit code; what nobody foresaw is raised on."""
    from local.cluster.errors import ClusterError
    from local.errors import CommandError, Misuse
    from runtime.errors import SluiceError

    if not isinstance(error, (CommandError, ClusterError, SluiceError)):
        raise error
    print(f"sluice: {error}", file=sys.stderr)
    return MISUSED if isinstance(error, Misuse) else FAILED


app = typer.Typer(
    cls=Commands,
    name="sluice",
    help="Small plain functions triggered by Kafka topics, HTTP and schedules.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # rich's boxes take 0.2 s to import, for every --help and every misuse
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command(epilog="Example: sluice functions --json")(functions)
app.command(epilog="Example: sluice flow --mermaid > docs/flow.md")(flow)
app.command(epilog="Example: sluice publish warehouse-inventory --key JUMPERS 10")(publish)
app.command(epilog="Example: sluice tail orders --from-start --json | head")(tail)
app.add_typer(topics)


def main() -> None:
    """Run the command line and leave with its exit code."""
    app(prog_name="sluice")
