"""When is the Python environment of the peers made, and what is said when it cannot be?"""

from pathlib import Path

import pytest

from local.bench.contestants.line_up import PEERS, enlist
from local.bench.environment import LOCK, Environment, EnvironmentMissing, environment
from local.cluster.layout import Layout
from local.cluster.progress import silent

#: A package that no index has to be asked for, because none may be.
OUT_OF_REACH = f"tzdata==2026.6 --hash=sha256:{'0' * 64}\n"
LIBRARIES = [
    *("faststream", "faststream-auto-commit", "faststream-batches"),
    *("quix", "quix-exactly-once", "faust"),
]


class Offline(Environment):
    """One that cannot be made."""

    def make(self, tell: object) -> None:
        raise EnvironmentMissing("There is no network.")


@pytest.fixture
def place(tmp_path: Path) -> Environment:
    lock = tmp_path / "requirements.lock"
    lock.write_text("# nothing\n")
    return Environment(Layout(tmp_path / "platform"), lock)


@pytest.fixture
def offline(place: Environment) -> Environment:
    return Offline(place.layout, place.lock)


@pytest.mark.slow
def test_it_is_made_once(place: Environment):
    told: list[str] = []

    for _ in range(2):
        place.make(lambda part, words: told.append(words))

    assert place.is_made
    assert len(told) == 2  # that it begins, and that it is done


@pytest.mark.slow
def test_another_lock_makes_it_anew(place: Environment):
    place.make(silent)
    forgotten = place.layout.peers / "forgotten"
    forgotten.touch()

    place.lock.write_text("# something else\n")

    assert not place.is_made
    place.make(silent)
    assert place.is_made
    assert not forgotten.exists()


@pytest.mark.slow
def test_without_packages_it_says_what_to_do_and_is_not_taken_for_made(
    place: Environment, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    place.lock.write_text(OUT_OF_REACH)

    with pytest.raises(EnvironmentMissing, match=r"tzdata==2026\.6.*--without-peers.*--peers"):
        place.make(silent)

    assert place.python.exists()
    assert not place.is_made


def test_peers_that_nobody_named_are_left_out_aloud(offline: Environment):
    told: list[str] = []

    contestants, [warning] = enlist(None, lambda part, words: told.append(words), offline)

    names = [each.name for each in contestants]
    usual = ["quickstart", "quickstart-best", "bare-dapr", "bare", "bare-transactions"]
    assert names == ["sluice", *usual]
    assert warning == f"Left out: {', '.join(LIBRARIES)}. There is no network."
    assert told == [warning]


def test_a_peer_that_was_named_is_not_left_out(offline: Environment):
    with pytest.raises(EnvironmentMissing, match="no network"):
        enlist(["bare", "quix"], silent, offline)


@pytest.mark.parametrize("names", [[], ["bare", "quickstart"]])
def test_peers_without_libraries_need_none(names: list[str], offline: Environment):
    contestants, warnings = enlist(names, silent, offline)

    assert [each.name for each in contestants] == ["sluice", *reversed(names)]
    assert warnings == []


def test_peers_with_libraries_are_those_that_are_left_out():
    assert [each.name for each in PEERS if each.libraries] == LIBRARIES


def test_the_lock_pins_what_is_asked_for_with_hashes():
    asked = {line.partition("[")[0] for line in LOCK.with_suffix(".in").read_text().split()}
    entries = LOCK.read_text().replace("\\\n", " ").splitlines()

    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
    assert asked <= {entry.partition("==")[0] for entry in entries}
    assert environment().versions.keys() == {"faststream", "quixstreams", "faust-streaming"}
