"""Small runs of the measures: whether they work, not what they find."""

from pathlib import Path

import pytest

from functions.domain.record import OrderRecord
from local.bench import history_program, runs, table_program
from local.bench.contestants.sluice import VARIANTS
from local.bench.measures import MEASURES
from local.bench.measures.base import Extent, Measure
from local.bench.measures.decisions import DECISIONS
from local.bench.measures.history import HISTORY
from local.bench.measures.long_polls import LONG_POLLS
from local.bench.measures.memory import MEMORY
from local.bench.measures.table import TABLE
from local.bench.plan import Plan
from local.bench.trial import Size
from local.cluster import find_cluster
from local.cluster.progress import silent
from runtime.errors import SluiceError
from runtime.rows import Rows
from runtime.sidecars.embedded import Store
from runtime.table import Table

TINY = Extent(
    starts=1,
    clients=8,
    decisions=10,
    history=2_500,
    events=300,
    requests=40,
    rounds=1,
    services=1,
)

SMALL = Size(events=300, latencies=10, half_seconds=0.2)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_every_goal_has_its_figure(measure: Measure):
    assert measure.on_embedded is not None
    found = measure.on_embedded(TINY, silent)

    assert found.name == measure.name
    assert found.goals
    assert all(goal.value > 0 for goal in found.goals)


def test_the_report_has_the_measures_without_the_rates():
    report = runs.on_embedded(1, Size(), silent, Plan(False, [MEMORY], TINY))

    [told] = report.as_json()["measured"]
    assert report.right
    assert report.as_json()["contestants"] == []
    assert {goal["name"] for goal in told["goals"]} == {
        *(f"MB, {service}, at rest" for service in ("inventory", "orders")),
        *(f"MB, {service}, most under load" for service in ("inventory", "orders")),
    }
    assert len(list(report.lines())) == len(told["goals"]) + len(told["figures"])


@pytest.mark.platform
def test_every_goal_has_its_figure_on_a_cluster_of_its_own(cluster_home: Path):
    plan = Plan(False, [MEMORY, DECISIONS, LONG_POLLS, HISTORY, TABLE], TINY, VARIANTS)

    report = runs.on_cluster(None, 1, SMALL, cluster_home, silent, plan)

    assert report.right
    assert list(report.figures) == ["sluice-own-rows", "sluice-sqlite"]
    assert [found.name for found in report.measured] == [
        "memory",
        "decisions",
        "long-polls",
        "history",
        "table",
    ]
    assert all(goal.value > 0 for found in report.measured for goal in found.goals)
    assert find_cluster(cluster_home) is None


def test_the_past_is_handled_and_kept(tmp_path: Path):
    history_program.fill(tmp_path, 2_500, 250)
    history_program.open_all(tmp_path)

    with Store.open(tmp_path) as store:
        rows = Rows(lambda keys: store.get("orders", keys))
        page = Table.over(rows, "orders", OrderRecord).page(3)
        results = store.log.watermarks("order-validations")
        events = store.log.watermarks("orders")
    assert sum(high for _, high in events.values()) == 2_500
    assert {high for _, high in results.values()} == {0}
    assert [key for key, _ in page.rows] == ["past-2499", "past-2498", "past-2497"]


def test_new_orders_are_handled_beside_the_past(tmp_path: Path):
    history_program.fill(tmp_path, 2_500, 250)

    for service in ("inventory", "orders"):
        found = history_program.deliver(tmp_path, service, service, 100)

        assert found.rate > 0


def test_orders_that_nobody_handles_fail_the_measurement(tmp_path: Path):
    history_program.fill(tmp_path, 0, 0)

    with pytest.raises(SluiceError, match="enrichment has handled 0 of 100 orders"):
        history_program.deliver(tmp_path, "enrichment", "run", 100)


def test_every_row_of_the_table_is_loaded(tmp_path: Path):
    small, large = tmp_path / "small", tmp_path / "large"
    for data, rows in ((small, 1), (large, 1_500)):
        table_program.fill(data, rows)
        table_program.load(data)

    assert [taken > 0 for taken in table_program.read({small: 1, large: 1_500})] == [True, True]
    with pytest.raises(SluiceError, match="is not there"):
        table_program.read({small: 2, large: 1_500})
