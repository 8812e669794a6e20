"""sluice bench"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local.commands.options import AsJson
from local.errors import Misuse
from local.output import print_json, print_table, say

if TYPE_CHECKING:
    from local.bench.report import Report

ClusterRun = Annotated[
    bool,
    typer.Option(
        "--cluster",
        envvar="SLUICE_BENCH_CLUSTER",
        help="On daprd, Kafka and PostgreSQL, beside peers; without it on the embedded engine.",
    ),
]
Rounds = Annotated[
    int, typer.Option("--rounds", envvar="SLUICE_BENCH_ROUNDS", min=1, help="Medians are of these.")
]
Events = Annotated[
    int | None,
    typer.Option(
        "--events",
        envvar="SLUICE_BENCH_EVENTS",
        min=1,
        help="Events in a round (60000); slow peers get a part of them.",
    ),
]
Peers = Annotated[
    str | None,
    typer.Option(
        "--peers",
        envvar="SLUICE_BENCH_PEERS",
        metavar="NAME,...",
        help="Only these: quickstart, quickstart-best, bare-dapr, faststream, "
        "faststream-auto-commit, faststream-batches, quix, quix-exactly-once, faust, bare, "
        "bare-transactions.",
    ),
]
WithoutPeers = Annotated[
    bool, typer.Option("--without-peers", envvar="SLUICE_BENCH_WITHOUT_PEERS", help="Sluice alone.")
]
Only = Annotated[
    str | None,
    typer.Option(
        "--only",
        envvar="SLUICE_BENCH_ONLY",
        metavar="NAME,...",
        help="Only these: rates, own-rows, sqlite, startup, memory, decisions, long-polls, "
        "history, table.",
    ),
]
History = Annotated[
    int | None,
    typer.Option(
        "--history",
        envvar="SLUICE_BENCH_HISTORY",
        min=1,
        help="Events on the large log (1000000); large tables have a tenth as many rows.",
    ),
]
Quick = Annotated[
    bool,
    typer.Option(
        "--quick",
        envvar="SLUICE_BENCH_QUICK",
        help="One round with few events: whether all works, not how fast.",
    ),
]
Directory = Annotated[
    Path | None,
    typer.Option(
        "--dir",
        envvar="SLUICE_BENCH_DIR",
        metavar="DIR",
        help="Keep the bench's own cluster and its logs here, for the next time.",
    ),
]


def bench(
    cluster: ClusterRun = False,
    rounds: Rounds = 3,
    events: Events = None,
    peers: Peers = None,
    without_peers: WithoutPeers = False,
    only: Only = None,
    history: History = None,
    quick: Quick = False,
    directory: Directory = None,
    as_json: AsJson = False,
) -> None:
    """Measure events per second, processor time and latency, with every result checked.

    The workload is `validate_inventory` on 4 partitions, 1,000 customers and 200 products. After
    it come the measures of starting, memory, waiting clients, a large log and a large table. What
    is started for it is stopped again. Exit code 1 when a result of Sluice's is missing, doubled or
    wrong; a goal that is not reached is only said.
    """
    from rich.console import Console

    from local.bench import plan, runs
    from local.cluster.progress import shown

    if not cluster and (peers is not None or without_peers or directory is not None):
        raise Misuse("--peers, --without-peers and --dir go with --cluster; add it.")
    if peers is not None and without_peers:
        raise Misuse("--peers and --without-peers exclude each other; leave one of them away.")
    names = [] if without_peers else peers.split(",") if peers is not None else None
    size, rounds = runs.size(events, quick), 1 if quick else rounds
    extent = plan.extent(size, rounds, history, quick)
    wanted = plan.choose(only.split(",") if only is not None else None, extent, cluster=cluster)
    with runs.stoppable(), shown(Console(stderr=True)) as tell:
        report = (
            runs.on_cluster(names, rounds, size, directory, tell, wanted)
            if cluster
            else runs.on_embedded(rounds, size, tell, wanted)
        )
    _show(report, as_json)
    if not report.right:
        raise typer.Exit(1)


def _show(report: Report, as_json: bool) -> None:
    from local.bench.report import COLUMNS, LEGEND

    if as_json:
        print_json(report.as_json())
        return
    if report.contestants:
        print_table(COLUMNS, report.rows())
        say(LEGEND)
    for line in report.lines():
        say(line)
    machine = ", ".join(f"{name} {value}" for name, value in report.machine.items())
    say(f"{report.rounds} rounds, medians. {machine}.")
