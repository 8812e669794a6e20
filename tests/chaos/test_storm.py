"""A short storm, of a seed that is always the same: `make chaos` has longer ones."""

from __future__ import annotations

import pytest

from local.output import say
from tests.chaos.storm import Reckoning, Storm
from tests.chaos.system import System

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
ENGINES = ["embedded", pytest.param("dapr", marks=pytest.mark.platform)]
SECONDS = 12
SEED = 4


@pytest.fixture(scope="module", params=ENGINES)
def reckoning(request: pytest.FixtureRequest) -> Reckoning:
    system: System = request.getfixturevalue(f"{request.param}_system")
    # Servers that stop have tests of their own, and take longer than this.
    return Storm(system, SEED, say, servers=False).rage(SECONDS)


def test_nothing_is_lost_and_nothing_is_done_twice(reckoning: Reckoning) -> None:
    assert not reckoning.differences, str(reckoning.differences)


def test_no_loss_is_told_where_there_is_none(reckoning: Reckoning) -> None:
    assert reckoning.losses == []


def test_there_was_trouble(reckoning: Reckoning) -> None:
    assert reckoning.troubles > 1
    assert reckoning.expected.lines.total() > reckoning.events
