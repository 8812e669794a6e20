"""Outputs wait beside the progress of their partition until they are published."""

from __future__ import annotations

import pytest

from runtime.errors import PlatformDown
from runtime.options import TAKEN
from runtime.progress import Place, Progress
from runtime.record import Message
from runtime.rows import Rows
from runtime.sidecars.base import ANY, Write
from runtime.sidecars.recording import RecordingSidecar
from runtime.unpublished import MOST_BESIDE_BYTES, Pending, Unpublished
from tests.runtime.making import NOON_MS

PLACE: Place = ("sales", 0)
ROW = "outputs/count/sales/0"
FEW = [Message("sold", "k", b"{}", {})]
MANY = [Message("sold", str(n), b"x" * (MOST_BESIDE_BYTES // 4), {"a": "b"}) for n in range(5)]


class Line:
    """The outputs of one unit of work after the other, each kept in a store."""

    def __init__(self) -> None:
        self.sidecar = RecordingSidecar()
        self.progress = Progress()

    def keep(self, outputs: list[Message]) -> None:
        writes = Unpublished("count").keep(PLACE, self.progress, outputs, NOON_MS)
        self.sidecar.transact(writes)

    def found_by_another(self) -> Pending | None:
        other = Unpublished("count")
        other.inherit(PLACE, self.progress)
        return other.find(Rows(self.sidecar.get), PLACE, self.progress)


@pytest.fixture
def line() -> Line:
    return Line()


def test_few_outputs_are_in_the_progress(line: Line) -> None:
    line.keep(FEW)

    assert line.progress.pending == FEW
    assert line.sidecar.rows == {}
    assert line.found_by_another() == (FEW, NOON_MS, True)


def test_many_have_a_row_of_their_own(line: Line) -> None:
    line.keep(MANY)

    assert (line.progress.pending, list(line.sidecar.rows)) == ([], [ROW])
    assert len(line.progress.encode()) < 100
    assert line.found_by_another() == (MANY, NOON_MS, True)


def test_no_table_can_have_the_name_of_their_rows() -> None:
    assert ROW.split("/")[0] in TAKEN


def test_the_next_many_are_written_over_them_unread(line: Line) -> None:
    line.keep(MANY)
    line.keep(MANY[:4])

    assert "get" not in line.sidecar.calls
    assert line.found_by_another() == (MANY[:4], NOON_MS, True)


def test_the_row_goes_when_few_follow_or_none(line: Line) -> None:
    for following in (FEW, []):
        line.keep(MANY)
        line.keep(following)

        assert line.sidecar.rows == {}
        assert not line.progress.has_outputs_row


def test_none_are_pending_where_none_were(line: Line) -> None:
    line.keep([])

    assert line.sidecar.rows == {}
    assert line.found_by_another() is None


def test_a_row_that_is_missing_is_never_taken_for_no_outputs(line: Line) -> None:
    line.keep(MANY)
    line.sidecar.transact([Write(ROW, None, ANY)])

    with pytest.raises(PlatformDown, match=ROW):
        line.found_by_another()


def test_what_is_published_is_not_read(line: Line) -> None:
    line.keep(MANY)
    own = Unpublished("count")
    own.committed([PLACE])
    own.published([PLACE])

    assert own.find(Rows(line.sidecar.get), PLACE, line.progress) is None
    assert "get" not in line.sidecar.calls
