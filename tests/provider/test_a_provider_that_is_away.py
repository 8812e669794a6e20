"""A provider is away: the other function goes on, and its own events go out afterwards, once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.provider.engines import embedded, on_dapr
from tests.provider.trial import Trial

SECONDS = 15


@pytest.fixture(params=["embedded", pytest.param("dapr", marks=pytest.mark.platform)])
def trial(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Trial]:
    if request.param == "embedded":
        with embedded(tmp_path) as found:
            yield found
    else:
        with on_dapr(request.getfixturevalue("cluster"), tmp_path) as found:
            yield found


def test_nobody_else_waits_and_every_letter_goes_out_once(trial: Trial) -> None:
    found = trial.run(SECONDS)

    # Far below what is measured (docs/reliability.md): a busy machine is no failure.
    assert found.kept > 0.5, found
    assert (found.taken, found.twice, found.dead) == (found.letters, 0, 0), found
