import os

import pytest

from local.errors import Failure, Misuse
from local.finding import (
    Running,
    find_running,
    forget_running,
    open_broker,
    service_url,
    write_running,
)


def here() -> Running:
    url = "http://127.0.0.1:8080"
    return Running(port=8080, pid=os.getpid(), url=url, services=["orders", "fraud"])


def test_finds_what_serves_a_data_directory(tmp_path):
    write_running(tmp_path, here())

    assert find_running(tmp_path) == here()
    assert service_url("orders", tmp_path, None) == ("http://127.0.0.1:8080", None)


def test_suggests_the_nearest_service(tmp_path):
    write_running(tmp_path, here())

    with pytest.raises(Misuse, match="Did you mean 'orders'"):
        service_url("order", tmp_path, None)


def test_does_not_find_a_process_that_was_killed(tmp_path):
    write_running(tmp_path, Running(port=8080, pid=2**22 + 1, url="http://127.0.0.1:8080"))

    assert find_running(tmp_path) is None


def test_does_not_find_what_has_stopped(tmp_path):
    write_running(tmp_path, Running(port=8080, pid=os.getpid(), url="http://127.0.0.1:8080"))

    forget_running(tmp_path)

    with pytest.raises(Failure, match="Nothing serves the data directory"):
        service_url("orders", tmp_path, None)


def test_keeps_the_note_from_other_users(tmp_path):
    write_running(tmp_path, Running(port=1, pid=1, url="", token="secret"))

    assert (tmp_path / "up.json").stat().st_mode & 0o777 == 0o600


def test_says_that_a_directory_holds_no_data(tmp_path):
    with pytest.raises(Misuse, match="There is no data in"):
        open_broker(tmp_path, None)


@pytest.mark.parametrize("text", ["here", "here:", "here:port", ":9092", "a:1,b"])
def test_refuses_an_address_without_a_port(tmp_path, text):
    with pytest.raises(Misuse, match="expected HOST:PORT"):
        open_broker(tmp_path, text)
