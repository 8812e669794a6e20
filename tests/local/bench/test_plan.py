"""Which parts of the bench run?"""

import pytest
from typer.testing import CliRunner

from local.bench import plan
from local.bench.measures import MEASURES
from local.bench.measures.base import Extent
from local.bench.trial import Size
from local.cli import app
from local.errors import Misuse

EVERYTHING = [measure.name for measure in MEASURES]


def names(found: plan.Plan) -> list[str]:
    return [measure.name for measure in found.measures]


def test_all_parts_run_unless_some_are_named():
    found = plan.choose(None, Extent(), cluster=False)

    assert found.rates
    assert (
        names(found)
        == EVERYTHING
        == [
            "startup",
            "memory",
            "decisions",
            "long-polls",
            "history",
            "table",
        ]
    )


def test_a_part_runs_alone():
    found = plan.choose(["table", "startup"], Extent(), cluster=False)

    assert (found.rates, names(found)) == (False, ["startup", "table"])


def test_the_rates_run_alone():
    found = plan.choose(["rates"], Extent(), cluster=False)

    assert (found.rates, found.variants, names(found)) == (True, [], [])


def test_sluice_runs_in_other_circumstances_too():
    assert plan.choose(None, Extent(), cluster=True).variants == ["own-rows", "sqlite"]
    assert plan.choose(None, Extent(), cluster=False).variants == ["own-rows"]


def test_a_part_that_is_measured_on_a_cluster_only_is_refused_without_one():
    with pytest.raises(Misuse, match="'sqlite' is measured on a cluster only; add --cluster"):
        plan.choose(["sqlite"], Extent(), cluster=False)


def test_on_a_cluster_runs_what_is_measured_there():
    found = plan.choose(None, Extent(), cluster=True)

    assert names(found) == ["memory", "decisions", "long-polls", "history", "table"]


def test_a_part_that_is_not_measured_on_a_cluster_is_refused():
    with pytest.raises(Misuse, match="'startup' is measured on the embedded engine only"):
        plan.choose(["startup"], Extent(), cluster=True)


def test_an_unknown_part_is_refused():
    with pytest.raises(Misuse, match="Did you mean 'history'"):
        plan.choose(["histroy"], Extent(), cluster=False)


def test_the_command_refuses_it_too():
    result = CliRunner().invoke(app, ["bench", "--only", "histroy"])

    assert result.exit_code == 2


def test_measures_do_as_much_as_the_rates():
    found = plan.extent(Size(events=7, requests=5), 2, None, quick=False)

    assert (found.events, found.requests, found.rounds) == (7, 5, 2)


def test_a_table_has_a_tenth_of_the_rows_that_the_log_has_events():
    assert plan.extent(Size(), 1, 10_000_000, quick=False).rows == 1_000_000
    assert plan.extent(Size(), 1, 1, quick=False).rows == 1


def test_a_quick_run_is_small():
    quick, usual = (plan.extent(Size(), 1, None, each) for each in (True, False))

    assert quick.history < usual.history / 100
    assert quick.clients < usual.clients / 10
