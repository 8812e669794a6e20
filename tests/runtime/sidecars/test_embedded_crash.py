"""What a process killed with -9 leaves behind, and several processes at one log."""

import itertools
import signal
import threading
from pathlib import Path

import pytest

from runtime.record import Message
from runtime.sidecars.embedded import EmbeddedSidecar, Store
from runtime.sidecars.embedded.database import Database
from tests.runtime.sidecars import appender


def killed_after(data, lines: int) -> int:
    """Start an appender, kill it after so many answers, and return the last number it was told."""
    process = appender.start(data, "a", 1_000_000)
    answers = [int(line) for line in itertools.islice(process.stdout, lines)]
    process.send_signal(signal.SIGKILL)
    answers += [int(line) for line in process.stdout if line.endswith("\n")]
    process.wait()
    process.stdout.close()
    return answers[-1]


@pytest.mark.parametrize("lines", [1, 37, 400])
def test_keeps_everything_acknowledged_before_a_kill(data, read, lines):
    last = killed_after(data, lines)

    with Store.open(data) as store:
        found = [int(record.value) for record in read(store, "numbers")]
        assert found == list(range(len(found)))
        assert len(found) in (last + 1, last + 2)  # one may not have been printed yet


def test_keeps_rows_and_messages_of_one_transaction_together(data, read):
    killed_after(data, 100)

    with Store.open(data) as store:
        row = EmbeddedSidecar(store, "numbers").get(["a"])["a"]
        assert row.value == read(store, "numbers")[-1].value


def test_goes_on_with_the_next_offset_after_a_kill(data):
    killed_after(data, 50)

    with Store.open(data) as store:
        ends = {partition: high for partition, (_, high) in store.log.watermarks("numbers").items()}
        partition, offset = store.publish([Message("numbers", "a-1", b"")])[0]
        assert offset == ends[partition]


def test_a_new_file_may_be_opened_by_several_at_once(tmp_path):
    """SQLite lets some of them fail where both turn it into one with a write-ahead log."""
    failed: list[Exception] = []

    def open_it(path: Path, together: threading.Barrier) -> None:
        together.wait()
        try:
            Database(path).close()
        except Exception as error:
            failed.append(error)

    for number in range(100):
        given = (tmp_path / f"{number}.db", threading.Barrier(4))
        threads = [threading.Thread(target=open_it, args=given) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert failed == []


def test_two_processes_append_without_a_gap(data, read):
    processes = [appender.start(data, name, 300) for name in ("a", "b")]
    for process in processes:
        process.communicate()

    with Store.open(data) as store:
        found = read(store, "numbers")
        for name in ("a", "b"):
            mine = [int(r.value) for r in found if r.headers["from"] == name]
            assert mine == list(range(300))
        for partition, (_, high) in store.log.watermarks("numbers").items():
            offsets = [r.offset for r in found if r.partition == partition]
            assert offsets == list(range(high))


def test_appends_behind_another_process(store, data):
    store.publish([Message("numbers", "a-0", b"first")])
    appender.start(data, "a", 1).communicate()

    assert [offset for _, offset in store.publish([Message("numbers", "a-0", b"third")])] == [2]


def test_wakes_a_reader_when_another_process_appends(store, data):
    watch = store.arrivals.watch(["numbers"])
    appender.start(data, "a", 1).communicate()

    assert watch.wait(10)


def test_wakes_a_reader_at_once_when_this_process_appends(store):
    watch = store.arrivals.watch(["orders"])
    store.publish([Message("payments", "k", b"1")])
    for_another_topic = watch.wait(0)
    store.publish([Message("orders", "k", b"1")])

    assert (for_another_topic, watch.wait(0)) == (False, True)
