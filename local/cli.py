"""The `sluice` command: which verbs there are, and how an error is told to a person."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from local.commands.add_inventory import add_inventory
from local.commands.bench import bench
from local.commands.cluster import cluster
from local.commands.customers_db import customers_db
from local.commands.demo import demo
from local.commands.dlq import dlq
from local.commands.doctor import doctor
from local.commands.flow import flow
from local.commands.functions import functions
from local.commands.import_orders import import_orders
from local.commands.invoke import invoke
from local.commands.lag import lag
from local.commands.mails import mails
from local.commands.populate import populate
from local.commands.publish import publish
from local.commands.read_topics import read_topics
from local.commands.retries import retries
from local.commands.search import search
from local.commands.tables import tables
from local.commands.tail import tail
from local.commands.topics import topics
from local.commands.up import up

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
            _drop_output()  # `sluice tail | head`: the reader has enough
            raise typer.Exit(0) from None
        except Exception as error:
            raise typer.Exit(_tell(error)) from error


def _tell(error: Exception) -> int:
    """Print what went wrong and return the exit code; what nobody foresaw is raised on."""
    from local.cluster.errors import ClusterError
    from local.errors import CommandError, Misuse
    from local.output import warn
    from runtime.errors import PlatformDown, SluiceError
    from runtime.secrets import hide

    if isinstance(error, OSError):
        text = _about_files(error)
    elif isinstance(error, PlatformDown) and error.awaited:
        text = f"{error.awaited[:1].upper()}{error.awaited[1:]} cannot be used now. {error}"
    elif isinstance(error, (CommandError, ClusterError, SluiceError)):
        text = str(error)
    else:
        raise error
    warn(f"sluice: {hide(text)}")
    return MISUSED if isinstance(error, Misuse) else FAILED


def _about_files(error: OSError) -> str:
    """Say which file or folder is the matter, or that the disk is full; any other is raised on."""
    if error.filename is not None:
        return f"{str(error.filename)!r} cannot be used: {error.strerror}."
    if error.errno == errno.ENOSPC:
        _drop_output()
        return "What was printed cannot be written: no space is left there."
    raise error


def _drop_output() -> None:
    """Let the rest go nowhere: Python flushes once more when it ends, and would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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

#: The order is that of `sluice --help`: start it, use it, look into it, look after it.
app.command(epilog="Example: sluice demo --data /tmp/demo")(demo)
app.command(epilog="Example: sluice up --data /tmp/shop --port 8080")(up)
app.add_typer(cluster)
app.command(epilog="Example: sluice functions --json")(functions)
app.command(epilog="Example: sluice flow --mermaid > docs/flow.md")(flow)
app.command(epilog="Example: sluice invoke orders v1/orders/536365")(invoke)
app.command(epilog="Example: sluice publish warehouse-inventory --key JUMPERS 10")(publish)
app.command(epilog="Example: sluice tail orders --from-start --json | head")(tail)
app.command("read-topics", epilog="Example: sluice read-topics -n 3")(read_topics)
app.command(epilog="Example: sluice tables stock JUMPERS")(tables)
app.command(epilog="Example: sluice mails --status created")(mails)
app.add_typer(search)
app.command("import-orders", epilog="Example: sluice import-orders online_retail_2010-12.csv.gz")(
    import_orders
)
app.command("add-inventory", epilog="Example: sluice add-inventory -u 75 -j 1")(add_inventory)
app.command(epilog="Example: sluice populate --rate 20 --count 100")(populate)
app.command("customers-db", epilog="Example: sluice customers-db customers.db")(customers_db)
app.add_typer(dlq)
app.add_typer(topics)
app.command(epilog="Example: sluice lag --kafka 127.0.0.1:9092")(lag)
app.command(epilog="Example: sluice retries --function notifications.send_mail")(retries)
app.command(epilog="Example: sluice doctor --port 8080")(doctor)
app.command(epilog="Example: sluice bench --cluster --rounds 3")(bench)


def main() -> None:
    """Run the command line and leave with its exit code."""
    app(prog_name="sluice")
