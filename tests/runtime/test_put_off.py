"""The agenda of what is tried again later."""

from __future__ import annotations

from datetime import timedelta

from runtime.dead_letters import describe
from runtime.put_off import MOST_EVENTS, Agenda, PutOff
from runtime.rows import Rows
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import NOON, sale


def put_off(number: int, size: int = 0) -> PutOff:
    record = sale(number, "x" * size)
    return PutOff(record, describe("f", f"{number}", record, None, OSError(), attempts=1, now=NOON))


class Diary:
    """An agenda and what keeps it; every step is a unit of work of its own."""

    def __init__(self) -> None:
        self.sidecar = RecordingSidecar()
        self.agenda = Agenda("f")

    def add(self, seconds: float, *events: PutOff, partition: int = 0, grain: int = 1) -> None:
        rows = Rows(self.sidecar.get)
        self.agenda.add(rows, partition, NOON + timedelta(seconds=seconds), grain, events)
        self.sidecar.transact(rows.writes())

    def take(self, seconds: float) -> list[str]:
        rows = Rows(self.sidecar.get)
        taken = self.agenda.take(rows, NOON + timedelta(seconds=seconds))
        self.sidecar.transact(rows.writes())
        return [event.letter.id for event in taken]

    def next_due(self) -> float | None:
        found = self.agenda.next_due(Rows(self.sidecar.get))
        return None if found is None else found - NOON.timestamp()


def test_nothing_waits_at_first() -> None:
    diary = Diary()

    assert (diary.next_due(), diary.take(1e6)) == (None, [])


def test_the_first_due_comes_first_and_nothing_is_left() -> None:
    diary = Diary()
    diary.add(30, put_off(1))
    diary.add(5, put_off(2), put_off(3))

    assert (diary.next_due(), diary.take(4.9)) == (5, [])
    assert (diary.take(5), diary.take(5), diary.next_due()) == (["2", "3"], [], 30)
    assert (diary.take(31), diary.sidecar.rows) == (["1"], {})


def test_a_moment_is_never_before_its_time_and_at_most_a_grain_after_it() -> None:
    diary = Diary()
    diary.add(600.5, put_off(1), grain=30)
    found = diary.next_due()

    assert found is not None
    assert 600.5 <= found <= 630.5


def test_many_are_taken_a_few_packs_at_a_time() -> None:
    diary = Diary()
    for number in range(3):
        diary.add(5, *[put_off(number)] * (MOST_EVENTS + 1))

    taken = [len(diary.take(5)) for _ in range(4)]
    assert taken == [MOST_EVENTS + 1] * 3 + [0]


def test_large_events_have_rows_of_their_own() -> None:
    diary = Diary()
    diary.add(5, *(put_off(number, 700_000) for number in range(4)))

    assert max(map(len, diary.sidecar.rows.values())) < 1_100_000
    assert diary.take(5) + diary.take(5) == ["0", "1", "2", "3"]


def test_partitions_do_not_change_each_others_rows() -> None:
    diary = Diary()
    first, second = Rows(diary.sidecar.get), Rows(diary.sidecar.get)
    diary.agenda.add(first, 0, NOON, 1, [put_off(1)])
    diary.agenda.add(second, 1, NOON, 1, [put_off(2)])
    diary.sidecar.transact(first.writes())
    diary.sidecar.transact(second.writes())

    assert diary.take(1) + diary.take(1) == ["1", "2"]
