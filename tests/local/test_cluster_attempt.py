"""All members run afterwards, or none that this attempt has started."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from local.cluster.attempt import Attempt
from local.cluster.errors import MemberFailed
from local.cluster.members import Member
from local.cluster.ports import answers, free_port
from local.cluster.progress import silent
from tests.local.test_cluster_members import Broken, WebServer
from tests.waiting import wait_until


class Hopeless(WebServer):
    """Runs, but does not work for as long as a test may take."""

    name: ClassVar[str] = "hopeless"
    ready_seconds: ClassVar[float] = 250.0

    def works(self) -> bool:
        return False


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Member]:
    server = WebServer(tmp_path / "web", free_port())
    yield server
    server.stop()


def test_all_parts_run_side_by_side(web: Member, tmp_path: Path):
    attempt = Attempt(silent)
    other = WebServer(tmp_path / "other", free_port())

    attempt.run([lambda: attempt.start(web), lambda: attempt.start(other)])

    assert (web.status().state, other.status().state) == ("ready", "ready")
    other.stop()


def test_stops_what_it_has_started_when_a_part_fails(web: Member, tmp_path: Path):
    attempt = Attempt(silent)

    def fail_later() -> None:
        wait_until(lambda: answers(web.port))
        raise MemberFailed("broken")

    with pytest.raises(MemberFailed, match="broken"):
        attempt.run([lambda: attempt.start(web), fail_later])

    assert web.status().state == "stopped"


def test_leaves_alone_what_ran_before(web: Member, tmp_path: Path):
    attempt = Attempt(silent)
    web.start()
    broken = Broken(tmp_path / "broken", free_port())

    with pytest.raises(MemberFailed, match="no memory left"):
        attempt.run([lambda: attempt.start(web), lambda: attempt.start(broken)])

    assert web.status().state == "ready"


def test_does_not_wait_for_the_slow_when_another_part_has_failed(tmp_path: Path):
    attempt = Attempt(silent)
    hopeless = Hopeless(tmp_path, free_port())

    def fail_later() -> None:
        wait_until(lambda: answers(hopeless.port))
        raise MemberFailed("broken")

    with pytest.raises(MemberFailed, match="broken"):
        attempt.run([lambda: attempt.start(hopeless), fail_later])

    assert attempt.cancelled.is_set()
    assert hopeless.process() is None


def test_starts_nothing_once_it_is_cancelled(web: Member):
    attempt = Attempt(silent)
    attempt.cancelled.set()

    with pytest.raises(MemberFailed, match="was not started"):
        attempt.start(web)

    assert web.status().state == "stopped"
