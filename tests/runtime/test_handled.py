"""What one function remembers of what it handled, over batches, restarts and other processes."""

from __future__ import annotations

import pytest

from runtime.errors import Conflict, PlatformDown
from runtime.handled import (
    NEIGHBOURS,
    SEGMENT_IDS,
    SEGMENTS,
    WINDOW_IDS,
    Handled,
    hash_of,
    next_offset,
)
from runtime.progress import Course, Progress
from runtime.record import Message
from runtime.rows import Rows
from runtime.sidecars.base import ANY, Write
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import NOON_MS, record

PLACE = ("sales", 0)
DAY = 24 * 3600
OUTPUT = Message("sold", "k", b"{}", {})


def ids(start: int, count: int) -> list[bytes]:
    return [hash_of(f"/till\n{number}") for number in range(start, start + count)]


class Process:
    """One process that handles events: what it knows, and the store that it shares."""

    def __init__(self, sidecar: RecordingSidecar) -> None:
        self.sidecar = sidecar
        self.handled = Handled("count", DAY)

    def look(self, partition: int = 0) -> Rows:
        rows = Rows(self.sidecar.get)
        self.handled.take_over(rows, [("sales", partition)])
        return rows

    def handle(
        self,
        offset: int,
        *handled: bytes,
        partition: int = 0,
        outputs: tuple[Message, ...] = (),
        at_ms: int = NOON_MS,
    ) -> None:
        """Commit one record that stands for events of these ids."""
        rows = self.look(partition)
        records = [record(offset, b"", partition=partition, at_ms=at_ms)]
        place = ("sales", partition)
        advance = self.handled.advance(rows, records, {place: list(handled)}, outputs, NOON_MS)
        self.sidecar.transact(advance.writes)
        self.handled.committed(advance)

    def is_redelivery(self, offset: int, at_ms: int = NOON_MS) -> bool:
        return self.handled.redelivered(self.look(), [record(offset, b"", at_ms=at_ms)])[0]


@pytest.fixture
def sidecar() -> RecordingSidecar:
    return RecordingSidecar()


@pytest.fixture
def process(sidecar: RecordingSidecar) -> Process:
    return Process(sidecar)


def test_nothing_is_handled_at_first(process: Process) -> None:
    assert process.handled.position(process.look(), PLACE) == 0
    assert not process.is_redelivery(0)


def test_an_offset_below_the_next_one_is_a_redelivery(process: Process) -> None:
    process.handle(41)

    assert [process.is_redelivery(offset) for offset in (40, 41, 42)] == [True, True, False]


def test_each_partition_of_a_batch_has_its_own_progress_and_its_own_gaps(process: Process) -> None:
    process.handle(41)
    process.handle(9, partition=1)
    rows = Rows(process.sidecar.get)
    course = Course({("sales", 1): Progress(next=10, last_ms=NOON_MS, gaps=[(3, 5)])})
    records = [
        record(offset, b"", partition=partition)
        for partition, offset in ((0, 41), (1, 2), (1, 3), (0, 42), (1, 9), (1, 10), (2, 0))
    ]

    found = process.handled.redelivered(rows, records, course)

    assert found == [True, True, False, False, True, False, False]


def test_a_later_timestamp_at_an_old_offset_is_a_new_topic(process: Process) -> None:
    process.handle(41)

    assert not process.is_redelivery(0, at_ms=NOON_MS + 1)


def test_a_new_topic_starts_the_offsets_over(process: Process) -> None:
    process.handle(41)
    process.handle(0, at_ms=NOON_MS + 1)

    assert process.handled.position(process.look(), PLACE) == 1


def test_partitions_are_kept_apart(process: Process) -> None:
    process.handle(41)

    assert process.handled.position(process.look(1), ("sales", 1)) == 0


def test_an_id_is_known_only_after_the_commit(process: Process) -> None:
    (id,) = ids(0, 1)
    rows = process.look()
    advance = process.handled.advance(rows, [record(0, b"")], {PLACE: [id]}, (), NOON_MS)
    before = process.handled.knows(id)
    process.handled.committed(advance)

    assert (before, process.handled.knows(id)) == (False, True)


def test_another_process_learns_the_ids_when_it_takes_over(
    process: Process, sidecar: RecordingSidecar
) -> None:
    process.handle(0, *ids(0, 3))
    successor = Process(sidecar)
    successor.look()

    assert all(successor.handled.knows(id) for id in ids(0, 3))


def test_a_process_learns_what_another_did_in_between(
    process: Process, sidecar: RecordingSidecar
) -> None:
    process.handle(0, *ids(0, 1))
    Process(sidecar).handle(1, *ids(1, 1))
    process.look()

    assert process.handled.knows(ids(1, 1)[0])


def test_many_ids_are_put_away_in_rows_of_their_own(
    process: Process, sidecar: RecordingSidecar
) -> None:
    for batch in range(5):
        process.handle(batch, *ids(batch * SEGMENT_IDS, SEGMENT_IDS))

    assert [f"ids/count/sales/0/{n}" in sidecar.rows for n in range(6)] == [True] * 5 + [False]
    assert len(sidecar.rows["progress/count/sales/0"]) < 100


def test_ids_that_were_put_away_are_read_again(process: Process, sidecar: RecordingSidecar) -> None:
    for batch in range(5):
        process.handle(batch, *ids(batch * SEGMENT_IDS, SEGMENT_IDS))
    successor = Process(sidecar)
    successor.look()

    assert all(successor.handled.knows(id) for id in ids(0, 5 * SEGMENT_IDS))


def test_rows_of_ids_do_not_grow_in_number_and_the_newest_are_read_again(
    process: Process, sidecar: RecordingSidecar
) -> None:
    batches = 2 * SEGMENTS + 5
    for batch in range(batches):
        process.handle(batch, *ids(batch * SEGMENT_IDS, SEGMENT_IDS))
    successor = Process(sidecar)
    successor.look()

    assert sum(key.startswith("ids/") for key in sidecar.rows) == SEGMENTS
    newest = ids(batches * SEGMENT_IDS - WINDOW_IDS // 2, WINDOW_IDS // 2)
    assert all(successor.handled.knows(id) for id in newest)


def test_ids_are_forgotten_after_the_window_and_not_before(process: Process) -> None:
    batch = WINDOW_IDS // 20
    for number in range(30):
        process.handle(number, *ids(number * batch, batch))

    newest = ids(30 * batch - WINDOW_IDS // 2, WINDOW_IDS // 2)
    assert all(process.handled.knows(id) for id in newest)
    assert not process.handled.knows(ids(0, 1)[0])


@pytest.mark.parametrize("partition", [0, 1, 5, NEIGHBOURS, 2 * NEIGHBOURS - 1])
def test_ids_of_every_partition_are_known_after_a_restart(
    process: Process, sidecar: RecordingSidecar, partition: int
) -> None:
    process.handle(0, *ids(0, 1))
    process.handle(0, *ids(1, 1), partition=NEIGHBOURS - 1)
    process.handle(0, *ids(2, 1), partition=partition)
    successor = Process(sidecar)
    successor.look(3)

    assert all(successor.handled.knows(id) for id in ids(0, 3))


def test_an_outage_in_the_middle_of_learning_leaves_nothing_unlearned(
    process: Process, sidecar: RecordingSidecar
) -> None:
    for partition in (0, 1):
        process.handle(0, *ids(partition * SEGMENT_IDS, SEGMENT_IDS), partition=partition)
    successor = Process(sidecar)
    rows = Rows(sidecar.get)
    rows.load(successor.handled.row_key(("sales", number)) for number in range(2 * NEIGHBOURS))
    sidecar.fail_next("get", PlatformDown("gone"))
    with pytest.raises(PlatformDown):
        successor.handled.take_over(rows, [PLACE])
    successor.look()

    assert all(successor.handled.knows(id) for id in ids(0, 2 * SEGMENT_IDS))


def test_every_partition_has_its_share_of_the_window_after_a_restart(
    process: Process, sidecar: RecordingSidecar
) -> None:
    for number in range(4 * WINDOW_IDS // SEGMENT_IDS):
        process.handle(number, *ids(number * SEGMENT_IDS, SEGMENT_IDS), partition=number % 4)
    successor = Process(sidecar)
    successor.look()

    assert all(successor.handled.knows(id) for id in ids(3 * WINDOW_IDS + 5000, 40_000))


def test_meeting_a_topic_costs_one_request_more_and_only_once(
    process: Process, sidecar: RecordingSidecar
) -> None:
    process.handle(0)
    successor = Process(sidecar)
    before = len(sidecar.calls)
    successor.look()
    first = len(sidecar.calls)
    successor.look()

    assert (first - before, len(sidecar.calls) - first) == (2, 1)


def test_a_segment_that_has_expired_is_no_error(
    process: Process, sidecar: RecordingSidecar
) -> None:
    process.handle(0, *ids(0, SEGMENT_IDS))
    process.handle(1, *ids(SEGMENT_IDS, 1))
    (segment,) = (key for key in sidecar.rows if key.startswith("ids/"))
    sidecar.transact([Write(segment, None, ANY)])
    successor = Process(sidecar)
    successor.look()

    assert successor.handled.knows(ids(SEGMENT_IDS, 1)[0])


def test_a_process_that_was_overtaken_is_fenced(
    process: Process, sidecar: RecordingSidecar
) -> None:
    rows = process.look()
    stale = process.handled.advance(rows, [record(0, b"")], {}, (), NOON_MS)
    Process(sidecar).handle(0)

    with pytest.raises(Conflict):
        sidecar.transact(stale.writes)


def test_outputs_are_pending_until_they_are_published(process: Process) -> None:
    process.handle(0, outputs=(OUTPUT,))
    before = process.handled.pending(process.look(), PLACE)
    process.handled.published(process.handled.written([PLACE]))

    assert before == ([OUTPUT], NOON_MS, False)
    assert process.handled.pending(process.look(), PLACE) is None


def test_outputs_of_another_process_are_pending(
    process: Process, sidecar: RecordingSidecar
) -> None:
    process.handle(0, outputs=(OUTPUT,))
    successor = Process(sidecar)

    assert successor.handled.pending(successor.look(), PLACE) == ([OUTPUT], NOON_MS, True)


def test_outputs_of_a_batch_over_several_partitions_are_kept_once(
    process: Process, sidecar: RecordingSidecar
) -> None:
    rows = process.look()
    records = [record(0, b""), record(0, b"", partition=1)]
    sidecar.transact(process.handled.advance(rows, records, {}, [OUTPUT], NOON_MS).writes)
    successor = Process(sidecar)

    pending = [successor.handled.pending(successor.look(n), ("sales", n)) for n in (0, 1)]
    found = [each.messages if each else [] for each in pending]
    assert found == [[OUTPUT], []]


def test_tools_read_the_next_offset_of_a_progress_row(
    process: Process, sidecar: RecordingSidecar
) -> None:
    process.handle(41)

    assert next_offset(sidecar.rows["progress/count/sales/0"]) == 42
