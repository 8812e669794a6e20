"""Whatever is written to a topic is kept, or given up with a reason; nothing stands still."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from local.cluster import Cluster
from tests.hostile.archive import Archive, Letter, Place, embedded, on_dapr
from tests.hostile.records import Hostile, as_text, corpus, paper


@dataclass
class Outcome:
    """What was written, where, and what became of it."""

    archive: Archive
    written: list[tuple[Hostile, Place]]
    receipts: list[Place]
    kept: dict[str, int]
    letters: list[Letter]


@pytest.fixture(scope="module")
def embedded_outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    with embedded(tmp_path_factory.mktemp("hostile") / "data") as archive:
        yield outcome_of(archive)


@pytest.fixture(scope="module")
def dapr_outcome(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    with on_dapr(cluster, tmp_path_factory.mktemp("hostile")) as (archive, _):
        yield outcome_of(archive)


@pytest.fixture(params=["embedded", pytest.param("dapr", marks=pytest.mark.platform)])
def outcome(request: pytest.FixtureRequest) -> Outcome:
    found: Outcome = request.getfixturevalue(f"{request.param}_outcome")
    return found


def outcome_of(archive: Archive) -> Outcome:
    """Write the corpus, after each record a good one with the same key, and wait."""
    records = []
    for number, hostile in enumerate(corpus()):
        records += [hostile, Hostile("good", paper(f"good-{number}"), hostile.key, fate="kept")]
    written = list(zip(records, archive.write(records), strict=True))
    archive.wait_until_done(len(records))
    return Outcome(archive, written, archive.receipts(), archive.kept(), archive.letters())


def test_every_good_paper_is_kept_once(outcome: Outcome) -> None:
    good = {id: times for id, times in outcome.kept.items() if id.startswith("good-")}

    assert good == {f"good-{number}": 1 for number in range(len(corpus()))}


def test_each_record_has_the_fate_that_it_deserves(outcome: Outcome) -> None:
    kept, given_up = Counter(outcome.receipts), Counter(map(origin, outcome.letters))
    deserved = {"kept": {(1, 0)}, "letter": {(0, 1)}, "either": {(1, 0), (0, 1)}}
    wrong = {
        record.name: (kept[place], given_up[place])
        for record, place in outcome.written
        if not record.is_retry  # a letter says itself where it comes from
        and (kept[place], given_up[place]) not in deserved[record.fate]
    }

    assert wrong == {}


def origin(letter: Letter) -> Place:
    return (letter.reason.origin_topic, letter.reason.origin_partition, letter.reason.origin_offset)


def test_the_counts_add_up(outcome: Outcome) -> None:
    fates = Counter(record.fate for record, _ in outcome.written)
    receipts, letters = len(outcome.receipts), len(outcome.letters)

    assert receipts >= fates["kept"]
    assert letters >= fates["letter"]
    assert receipts + letters == len(outcome.written)
    assert len({letter.reason.id for letter in outcome.letters}) == letters


def test_a_dead_letter_is_the_record_that_was_given_up(outcome: Outcome) -> None:
    letters = {origin(letter): letter.record for letter in outcome.letters}
    for record, place in outcome.written:
        if record.fate == "letter" and not record.is_retry:
            letter = letters[place]
            headers = outcome.archive.headers(record)

            assert letter.value == outcome.archive.value(record), record.name
            assert letter.key == (None if record.key is None else as_text(record.key)), record.name
            assert {**headers, **letter.headers} == letter.headers, record.name


def test_every_dead_letter_says_why(outcome: Outcome) -> None:
    said = {letter.reason.error for letter in outcome.letters}

    assert said == {"DecodeError", "Reject", "SluiceError", "ValueError"}
    assert all(letter.reason.message for letter in outcome.letters)
