"""What is written here is its owner's only: it tells of people, and it may hold a token."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.components import render
from local.finding import Running, write_running
from runtime.sidecars.embedded import Store
from tests.local.command_line import CommandLine
from tests.waiting import wait_until

ORDER = {"id": "1", "customerId": "1", "product": "JUMPERS", "quantity": 1, "price": 1}


@pytest.fixture
def _lenient() -> Iterator[None]:
    """Whoever asks for no protection gets none."""
    before = os.umask(0)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    return [
        f"{path.relative_to(folder)} {path.stat().st_mode & 0o777:o}"
        for path in folder.rglob("*")
        if path.stat().st_mode & 0o077
    ]


@pytest.mark.usefixtures("_lenient")
def test_the_data_directory_is_its_owners_only_with_all_that_is_in_it(tmp_path: Path) -> None:
    fresh, there = tmp_path / "fresh", tmp_path / "there"
    there.mkdir(mode=0o755)
    for data in (fresh, there):
        sluice = CommandLine(data)
        up = sluice.start("up", "--port", "0")
        assert "ready" in up.stdout.readline()
        sluice("invoke", "orders", "v1/orders", "-d", json.dumps(ORDER))
        wait_until(lambda data=data: len(list(data.glob("mails/*"))) == 1, 30)
        names = {path.name for path in data.iterdir()}
        found = open_to_others(data)
        up.terminate()
        up.communicate(timeout=20)

        assert names >= {"sluice.db", "sluice.db-wal", "up.json", "documents", "mails"}
        assert found == []
    assert fresh.stat().st_mode & 0o777 == 0o700
    assert there.stat().st_mode & 0o777 == 0o755  # it is not ours to change


@pytest.mark.usefixtures("_lenient")
def test_the_store_is_private_whoever_makes_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Store.open(data):
        modes = {path.name: path.stat().st_mode & 0o077 for path in data.glob("sluice.db*")}

    assert modes == {"sluice.db": 0, "sluice.db-wal": 0, "sluice.db-shm": 0}
    assert data.stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("_lenient")
def test_a_note_or_component_with_a_secret_is_private_from_its_first_byte(tmp_path: Path) -> None:
    (tmp_path / "up.draft").touch(mode=0o644)  # left by one that was killed
    write_running(tmp_path, Running(port=1, pid=1, url="", token="secret"))
    folder = render(tmp_path / "components", kafka="k:1", postgres="password=secret")

    assert (tmp_path / "up.json").stat().st_mode & 0o077 == 0
    assert [path for path in folder.iterdir() if path.stat().st_mode & 0o077] == []
