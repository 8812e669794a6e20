"""A state store that cannot keep the promise is refused with the cure."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from runtime.errors import Conflict, PlatformDown, ReadUnproven, StoreRefused
from runtime.probe import probe
from runtime.record import Message
from runtime.sidecars.base import Stored, Write
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import Overwriting


class KeepingHalf(RecordingSidecar):
    """A store that refuses a row and keeps the others."""

    def transact(self, writes: Sequence[Write], messages: Sequence[Message] = ()) -> None:
        refused = []
        for write in writes:
            try:
                super().transact([write])
            except Conflict as error:
                refused.append(error)
        if refused:
            raise refused[0]


def test_a_store_that_keeps_the_promise_passes_and_keeps_no_trace() -> None:
    sidecar = RecordingSidecar()
    probe(sidecar)

    assert sidecar.rows == {}


def test_a_store_that_overwrites_is_refused_with_the_cure() -> None:
    with pytest.raises(StoreRefused, match=r"overwrites a row .* Use state.postgresql version v2"):
        probe(Overwriting())


def test_a_store_that_keeps_half_is_refused_with_the_cure() -> None:
    with pytest.raises(StoreRefused, match=r"keeps half .* components/statestore.yaml"):
        probe(KeepingHalf())


def test_a_store_that_answers_in_another_order_is_refused_with_the_cure() -> None:
    class Disorderly(RecordingSidecar):
        def get(self, keys: Sequence[str]) -> dict[str, Stored]:
            found = super().get(keys)
            if found:
                raise ReadUnproven("A read may have broken off.")
            return found

    sidecar = Disorderly()
    with pytest.raises(StoreRefused, match=r"broken off\. Give its connectionString the options"):
        probe(sidecar)

    assert sidecar.rows == {}


@pytest.mark.parametrize("store", [Overwriting, KeepingHalf])
def test_a_store_that_is_refused_is_left_clean(store: type[RecordingSidecar]) -> None:
    sidecar = store()
    with pytest.raises(StoreRefused):
        probe(sidecar)

    assert sidecar.rows == {}


@pytest.mark.parametrize("operation", ["transact"])
def test_a_store_that_does_not_answer_is_an_outage_not_a_refusal(operation: str) -> None:
    sidecar = RecordingSidecar()
    sidecar.fail_next(operation, PlatformDown("gone"))  # type: ignore[arg-type]

    with pytest.raises(PlatformDown):
        probe(sidecar)


def test_two_probes_at_once_do_not_meet() -> None:
    class Probed(RecordingSidecar):
        """A store that another process probes in between."""

        probed = False

        def transact(self, writes: Sequence[Write], messages: Sequence[Message] = ()) -> None:
            if not self.probed:
                self.probed = True
                probe(self)
            super().transact(writes, messages)

    probe(Probed())
