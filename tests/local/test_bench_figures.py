"""Figures of the bench: medians over the rounds, sums of what was checked, goals beside them."""

from dataclasses import replace

import pytest

from local.bench import goals
from local.bench.contestants.line_up import PEERS, SLUICE, choose
from local.bench.figures import Requests, figures, percentile
from local.bench.report import COLUMNS, Report
from local.bench.sample import Checked, Cpu, Posted, Sample
from local.errors import Misuse


def sample(contestant: str = "sluice", seconds: float = 1.0, **changes: object) -> Sample:
    made = Sample(contestant, 1, 1000, seconds, Cpu(0.1, 0.2, 0.3), Checked(1000), [1.0, 2.0, 9.0])
    return replace(made, **changes)


def report(*samples: Sample) -> Report:
    found = figures(samples)
    return Report(1, {}, [SLUICE], found, goals.on_cluster(found))


def test_the_median_round_counts():
    found = figures([sample(seconds=seconds) for seconds in (1.0, 4.0, 2.0)])

    assert found["sluice"].events_per_second == 500.0


def test_processor_time_is_told_per_thousand_events():
    found = figures([sample(events=2000, cpu=Cpu(1.0, 0.5, 0.0))])

    assert (found["sluice"].cpu_app, found["sluice"].cpu_sidecar) == (0.5, 0.25)


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (99, 99), (100, 100)])
def test_a_percentile_is_one_of_the_values(percent: int, expected: int):
    assert percentile([float(value) for value in range(100, 0, -1)], percent) == expected


def test_what_went_wrong_is_summed_over_the_rounds():
    lossy = sample(checked=Checked(990, missing=10, lost_updates=3))

    found = figures([lossy, sample(), lossy])["sluice"]

    assert (found.missing, found.lost_updates, found.right) == (20, 6, False)


def test_a_store_that_cannot_be_looked_into_has_lost_nothing_known():
    found = figures([sample(checked=Checked(1000, lost_updates=None))])["sluice"]

    assert found.lost_updates is None
    assert found.right


def test_ratios_are_taken_within_one_run():
    found = figures([sample(), sample("quickstart", 40.0), sample("bare-transactions", 0.1)])

    ratios = {goal.name: goal for goal in goals.on_cluster(found)}

    quickstart = ratios["times as fast as the quickstart style"]
    assert (quickstart.value, quickstart.reached) == (40.0, True)
    assert not ratios["part of a bare loop with Kafka transactions"].reached


def test_sluice_in_other_circumstances_has_the_same_goals():
    found = figures([sample("sluice-own-rows", 0.1), sample("sluice-sqlite"), sample("bare", 0.1)])

    reached = {goal.name: goal.value for goal in goals.on_cluster(found)}

    assert reached["events/s, a row for each event"] == 10_000
    assert reached["ms, p50 at 100 events/s, SQLite as the store"] == 2.0
    assert goals.ratios(found) == []


def test_sluice_is_no_peer_of_itself():
    found = figures([sample(), sample("sluice-own-rows"), sample("bare")])

    assert [ratio.peer for ratio in goals.ratios(found)] == ["bare"]


def test_processor_time_is_compared_with_every_peer():
    slow = sample("quickstart", 40.0, cpu=Cpu(3.0, 1.5, 0.0))

    [ratio] = goals.ratios(figures([sample(), slow]))

    assert (ratio.peer, ratio.faster) == ("quickstart", 40.0)
    assert ratio.cpu == pytest.approx(15.0)


def test_a_peer_that_did_not_take_part_has_no_ratio():
    assert all("quickstart" not in goal.name for goal in goals.on_cluster(figures([sample()])))


def test_the_report_tells_a_defect():
    told = report(sample(checked=Checked(1001, doubled=1)))

    assert not told.right
    assert "1,001, 1 doubled" in next(told.rows())
    assert list(told.lines())[-1].endswith("this is a defect.")


def test_every_cell_has_a_heading():
    assert len(next(report(sample()).rows())) == len(COLUMNS)


def test_the_report_for_programs_has_all_figures():
    told = report(sample()).as_json()

    assert told["right"] is True
    assert told["contestants"][0]["events_per_second"] == 1000.0
    assert {goal["name"] for goal in told["goals"]} == {
        "ms, p50 at 100 events/s",
        "ms, p99 at 100 events/s",
        "ms, p50 at half of the maximum rate",
        "ms, p99 at half of the maximum rate",
    }


def test_at_half_of_the_rate_an_event_may_take_twice_as_long():
    found = figures([sample(half_ms=[15.0, 15.0, 61.0])])

    reached = {goal.name: goal.reached for goal in goals.on_cluster(found)}

    assert reached["ms, p50 at half of the maximum rate"]
    assert not reached["ms, p99 at half of the maximum rate"]


def test_a_request_that_was_answered_and_not_kept_is_a_defect():
    found = figures([sample("sluice-embedded")])
    requests = Requests.of([Posted(1, 100, 50.0, 0.2, kept=99)])

    told = Report(1, {}, [], found, goals.on_embedded(found, requests), requests)

    assert (requests.lost, requests.cpu) == (1, 2.0)
    assert not told.right


def test_all_peers_take_part_unless_some_are_named():
    assert choose(None) == [SLUICE, *PEERS]
    assert [each.name for each in choose(["bare"])] == ["sluice", "bare"]
    assert choose([]) == [SLUICE]


def test_an_unknown_peer_is_refused():
    with pytest.raises(Misuse, match="Did you mean 'quickstart'"):
        choose(["quickstrat"])
