"""sluice cluster up|down|status"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local.commands.options import FUNCTIONS, AsJson, Functions
from local.output import print_json, print_table, say, warn

if TYPE_CHECKING:
    from local.cluster import MemberStatus

cluster = typer.Typer(
    name="cluster",
    help="Run the real platform here, without Docker.",
    no_args_is_help=True,
)

Directory = Annotated[
    Path | None,
    typer.Option(
        "--dir", envvar="SLUICE_CLUSTER_DIR", metavar="DIR", help="The cluster's directory."
    ),
]


@cluster.command(epilog="Example: sluice cluster up && export SLUICE_KAFKA=127.0.0.1:9092")
def up(
    directory: Directory = None,
    free_ports: Annotated[
        bool,
        typer.Option("--free-ports", envvar="SLUICE_FREE_PORTS", help="Any ports, not the usual."),
    ] = False,
    extra: Annotated[
        list[str],
        typer.Option("--with", metavar="MEMBER", help="One more: opensearch or registry."),
    ] = [],  # noqa: B006 - typer copies it
    packages: Functions = FUNCTIONS,
    no_demo_data: Annotated[
        bool,
        typer.Option(
            "--no-demo-data", envvar="SLUICE_NO_DEMO_DATA", help="Leave the topics as they are."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Start what is not running yet, and return when everything works.

    The first time on a machine this builds daprd and dapr, which takes some minutes. As with
    `sluice up`, a fresh one gets its topics, nine customers and a little stock.
    """
    from rich.console import Console

    from local import demo_data
    from local.brokers.kafka import KafkaBroker
    from local.cluster import status
    from local.cluster import up as bring_up
    from local.cluster.ports import moved
    from local.cluster.progress import shown

    with shown(Console(stderr=True)) as progress:
        started = bring_up(
            directory, ports="free" if free_ports else None, extra=extra, progress=progress
        )
    if not no_demo_data:
        with closing(KafkaBroker(started.kafka)) as broker:
            demo_data.seed(broker, packages)
    _show(status(directory), as_json)
    if not as_json:
        say(f"export SLUICE_KAFKA={started.kafka}")
        if "opensearch" in extra:
            say(f"export SLUICE_SEARCH_URL={started.search_url}")
        if "registry" in extra:
            say(f"export SLUICE_SCHEMA_REGISTRY={started.registry_url}")
    others = moved(started.ports)
    if others:
        warn(
            f"Not on the usual ports: {', '.join(others)}. components/ and dapr.yaml name the "
            "usual ones, where another program may answer; change them before `dapr run`."
        )


@cluster.command(epilog="Example: sluice cluster down --erase")
def down(
    directory: Directory = None,
    erase: Annotated[bool, typer.Option("--erase", help="Remove the data too.")] = False,
) -> None:
    """Stop every member; does nothing when none runs. Data stays."""
    from rich.console import Console

    from local.cluster import down as take_down
    from local.cluster.progress import shown

    with shown(Console(stderr=True)) as progress:
        take_down(directory, keep_data=not erase, progress=progress)


@cluster.command(epilog="Example: sluice cluster status --json")
def status(directory: Directory = None, as_json: AsJson = False) -> None:
    """Show how each member is; exit code 1 unless all are ready."""
    from local.cluster import status as look

    members = look(directory)
    _show(members, as_json)
    if any(member.state != "ready" for member in members):
        raise typer.Exit(1)


def _show(members: list[MemberStatus], as_json: bool) -> None:
    if as_json:
        print_json([{**vars(member), "log": str(member.log)} for member in members])
        return
    columns = ("MEMBER", "STATE", "ADDRESS", "PID", "LOG")
    print_table(columns, [(m.name, m.state, m.address, m.pid or "-", m.log) for m in members])
