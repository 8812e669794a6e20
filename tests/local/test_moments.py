from datetime import UTC, datetime

import pytest

from local.errors import Misuse
from local.moments import moment_of

NOW = datetime(2010, 12, 8, 8, 26, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("30s", "2010-12-08T08:25:30+00:00"),
        ("2h", "2010-12-08T06:26:00+00:00"),
        ("1w", "2010-12-01T08:26:00+00:00"),
        ("2010-12-01T08:26:00Z", "2010-12-01T08:26:00+00:00"),
        ("2010-12-01T09:26:00+01:00", "2010-12-01T09:26:00+01:00"),
    ],
)
def test_reads_a_time_or_how_long_ago(text, moment):
    assert moment_of(text, "--since", NOW) == datetime.fromisoformat(moment)


@pytest.mark.parametrize("text", ["", "now", "2", "2y", "2010-12-01", "2010-12-01T08:26:00", "-1h"])
def test_says_what_it_expects(text):
    with pytest.raises(Misuse, match=r"--since is '.*'; expected RFC 3339"):
        moment_of(text, "--since", NOW)


def test_refuses_a_time_before_all_time():
    with pytest.raises(Misuse):
        moment_of("999999w", "--since", NOW)
