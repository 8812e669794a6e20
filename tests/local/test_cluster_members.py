"""A member, seen through a small web server instead of a broker."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from local.cluster.errors import MemberFailed
from local.cluster.members import Member
from local.cluster.ports import HOST, answers, free_port
from tests.waiting import wait_until


class WebServer(Member):
    """Python's own web server."""

    name: ClassVar[str] = "web"

    def prepare(self) -> None:
        """Nothing is needed."""

    def command(self) -> list[str]:
        return [sys.executable, "-m", "http.server", "--bind", HOST, str(self.port)]

    def works(self) -> bool:
        return True


class Broken(WebServer):
    """Ends at once."""

    def command(self) -> list[str]:
        return ["sh", "-c", "echo no memory left; exit 1"]


class Slow(WebServer):
    """Never works."""

    ready_seconds: ClassVar[float] = 0.2

    def works(self) -> bool:
        return False


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    server = WebServer(tmp_path, free_port())
    yield server
    server.stop()


def test_is_stopped_before_it_was_ever_started(web: WebServer):
    status = web.status()

    assert (status.state, status.pid) == ("stopped", None)


def test_answers_once_it_is_started(web: WebServer):
    was_started = web.start()

    assert was_started
    assert web.status().state == "ready"


def test_a_second_start_keeps_the_process(web: WebServer):
    web.start()
    pid = web.status().pid

    was_started = web.start()

    assert not was_started
    assert web.status().pid == pid


def test_frees_its_port_when_it_stops(web: WebServer):
    web.start()

    web.stop()

    assert not answers(web.port)
    assert web.status().state == "stopped"


def test_starts_again_after_a_kill(web: WebServer):
    web.start()
    web.kill()

    web.start()

    assert web.status().state == "ready"


def test_pauses_and_resumes(web: WebServer):
    web.start()

    web.pause()
    wait_until(lambda: web.status().state == "paused")
    web.resume()

    wait_until(lambda: web.status().state == "ready")


def test_starting_a_paused_member_lets_it_go_on(web: WebServer):
    web.start()
    web.pause()
    wait_until(lambda: web.status().state == "paused")

    web.start()

    wait_until(lambda: web.status().state == "ready")


def test_cannot_pause_what_does_not_run(web: WebServer):
    with pytest.raises(MemberFailed, match="Member 'web' is stopped"):
        web.pause()


def test_another_process_finds_it_by_its_folder(web: WebServer, tmp_path: Path):
    web.start()

    found = WebServer(tmp_path, port=0)

    assert found.process() == web.process()
    assert found.running_port() == web.port


def test_a_note_of_a_recycled_pid_is_not_believed(web: WebServer, tmp_path: Path):
    web.start()
    note = tmp_path / "run" / "web.json"
    remembered = json.loads(note.read_text())
    note.write_text(json.dumps(remembered | {"began": "another moment"}))

    stranger = web.process()
    web.stop()

    assert stranger is None
    assert answers(web.port)
    note.write_text(json.dumps(remembered))


def test_a_half_written_note_is_no_note(web: WebServer, tmp_path: Path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "web.json").write_text('{"pid": 1')

    assert web.process() is None


def test_one_that_ends_at_once_is_reported_with_its_last_words_and_its_log(tmp_path: Path):
    member = Broken(tmp_path, free_port())

    with pytest.raises(MemberFailed, match=r"'no memory left' Read .*web\.log"):
        member.start()


def test_one_that_never_works_is_reported_with_its_log(tmp_path: Path):
    member = Slow(tmp_path, free_port())

    with pytest.raises(MemberFailed, match=r"does not answer .* after 0\.2 s.*web\.log"):
        member.start()

    member.stop()
