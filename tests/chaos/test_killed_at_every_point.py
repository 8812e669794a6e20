"""A process killed with -9 at any step of any function's unit of work leaves what none would have.

The points are in `points.py`. On each engine one run is undisturbed, and every other one meets a
kill in each of the functions at its point: see `campaign.py`.
"""

from __future__ import annotations

import pytest

from tests.chaos.campaign import CALM, Result
from tests.chaos.ledger import MAILS
from tests.chaos.points import FUNCTIONS, POINTS, faults_at
from tests.chaos.run import EVENTS, Run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
MARKS = {"embedded": [], "dapr": [pytest.mark.platform]}
ENGINES = [pytest.param(engine, marks=MARKS[engine]) for engine in POINTS]
PLACES = [
    pytest.param(engine, point, marks=MARKS[engine], id=f"{engine}-{point.name}")
    for engine, points in POINTS.items()
    for point in points
]


@pytest.fixture
def result(request: pytest.FixtureRequest, engine: str) -> Result:
    found: Result = request.getfixturevalue(f"{engine}_result")
    return found


@pytest.mark.parametrize(("engine", "point"), PLACES)
def test_nothing_is_lost_and_nothing_is_done_twice(engine, point, result):
    calm = result.ledgers[CALM].without(MAILS)
    found = result.ledgers[point.name].without(MAILS)

    assert not found.differences(calm), str(found.differences(calm))


@pytest.mark.parametrize(("engine", "point"), PLACES)
def test_no_mail_is_lost_and_a_kill_doubles_at_most_one(engine, point, result):
    """The mail is out before the transaction that says so: what is killed between sends again."""
    differences = result.ledgers[point.name].differences(result.ledgers[CALM])

    assert not differences.lost
    assert differences.doubled.total() <= len(faults_at(point, ""))


@pytest.mark.parametrize("engine", ENGINES)
def test_every_kill_has_struck(engine, result):
    assert result.kills == sum(len(faults_at(point, "")) for point in POINTS[engine])
    assert result.revived == result.kills


@pytest.mark.parametrize("engine", ENGINES)
def test_no_loss_is_told_where_there_is_none(engine, result):
    assert result.losses == []


@pytest.mark.parametrize("engine", ENGINES)
def test_the_undisturbed_run_did_all_there_was_to_do(engine, result):
    run, calm = Run(""), result.ledgers[CALM]
    parcels = run.parcels + run.requests
    events = run.parcels * EVENTS + run.requests

    for topic in ("parcels", "weights", "loads"):
        assert calm.count(f"topic {topic}") == events
    assert calm.count("topic closings") == calm.count(MAILS) == parcels
    for table in ("scales", "counted", "looked", "signed", "mailed", "loaded"):
        assert calm.count(f"table {table}") == parcels
    assert calm.count("table taken") == run.requests
    broken = sum(parcel.broken for parcel in run.events())
    assert calm.count("topic desk.look_at_parcel.dead-letters") == broken > 0


def test_every_function_is_killed_at_every_point_of_its_work():
    for points in POINTS.values():
        for point in points[:9]:
            assert set(FUNCTIONS) <= set(point.functions)
