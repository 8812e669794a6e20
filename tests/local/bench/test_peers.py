"""Do the peers' programs take part as the bench needs it, and do they leave nothing behind?"""

import re
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from local.bench.arena import Arena
from local.bench.contestants.base import Contestant
from local.bench.contestants.line_up import PEERS, choose, enlist
from local.bench.results import Results
from local.bench.workload import Workload
from local.cli import app
from local.cluster import Cluster
from local.cluster.progress import silent

ORDERS = 40


def peer(name: str) -> Contestant:
    return choose([name])[1]


def test_the_command_names_all_of_them():
    help = CliRunner().invoke(app, ["bench", "--help"]).output
    words = re.sub(r"[\s│]", "", help)

    assert [peer.name for peer in PEERS if not re.search(f"[:,]{peer.name}[,.]", words)] == []


@pytest.mark.platform
@pytest.mark.parametrize(
    "name",
    ["bare-dapr", "faststream", "faststream-auto-commit", "faststream-batches", "quix", "faust"],
)
def test_a_peer_answers_each_order_and_leaves_nothing_behind(
    name: str, cluster: Cluster, tmp_path: Path
):
    enlist([name], silent)
    arena = Arena(cluster, tmp_path)
    run = f"{name}-{arena.token}"
    with peer(name).enter(arena, run) as entry, Results(arena, entry.results) as results:
        workload = Workload(run, entry.orders)
        arena.publish(workload.orders(ORDERS))
        results.wait_for(workload.made, entry.alive)
        checked = results.read(workload.made, entry.alive).check(workload.made, entry.reserved())

    assert (checked.results, checked.missing, checked.doubled, checked.wrong) == (ORDERS, 0, 0, 0)
    assert checked.lost_updates == (None if name in ("quix", "faust") else 0)
    assert entry.app is not None
    assert entry.app.state() == "gone"
    assert [topic for topic in arena.broker.topics() if run in topic] == []
    with psycopg.connect(cluster.postgres) as session:
        assert session.execute("select 1 from pg_database where datname = %s", [run]).rowcount == 0
