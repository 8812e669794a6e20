import os
import resource
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from runtime.errors import Conflict, PlatformDown, StoreRefused
from runtime.record import Message
from runtime.sidecars.base import PROGRESS, Write
from runtime.sidecars.embedded import EmbeddedSidecar, Store
from runtime.sidecars.embedded.database import Database


@contextmanager
def files_limited_to(size: int):
    """Let every file grow no larger than this, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_has_everything_after_it_was_closed_and_opened(data, read):
    with Store.open(data) as store:
        EmbeddedSidecar(store, "shop").transact([Write("row", b"1", None)])
        store.publish([Message("orders", "k", b"1")])

    with Store.open(data) as store:
        assert EmbeddedSidecar(store, "shop").get(["row"])["row"].value == b"1"
        assert [record.value for record in read(store, "orders")] == [b"1"]


def test_keeps_the_rows_of_services_apart(store):
    shop, bank = EmbeddedSidecar(store, "shop"), EmbeddedSidecar(store, "bank")
    shop.transact([Write("row", b"shop", None)])
    bank.transact([Write("row", b"bank", None)])

    assert (shop.get(["row"])["row"].value, bank.get(["row"])["row"].value) == (b"shop", b"bank")


def test_refuses_a_directory_that_is_in_use_and_says_by_whom(store, data):
    with pytest.raises(StoreRefused, match=f"in use by process {os.getpid()};.*--data"):
        Store.open(data)


def test_lets_tools_in_while_the_directory_is_in_use(store, data, read):
    with Store.open(data, exclusive=False) as tool:
        tool.publish([Message("orders", "k", b"1")])

    assert [record.value for record in read(store, "orders")] == [b"1"]


def test_lets_the_next_one_in_after_a_process_has_died(data):
    code = "import os, sys; from runtime.sidecars.embedded import Store; Store.open(sys.argv[1]);"
    command = [sys.executable, "-c", code + "os.kill(os.getpid(), 9)", str(data)]
    subprocess.run(command, check=False)

    Store.open(data).close()


def test_can_be_opened_again_after_it_was_refused(data):
    data.mkdir()
    (data / "sluice.db").write_bytes(b"not a database, and longer than a header of one" * 99)
    for _ in range(2):
        with pytest.raises(StoreRefused, match="is damaged or no SQLite file"):
            Store.open(data)


def test_refuses_the_file_of_another_program(data):
    data.mkdir()
    with sqlite3.connect(data / "sluice.db") as connection:
        connection.execute("CREATE TABLE notes (text)")
    connection.close()

    with pytest.raises(StoreRefused, match="SQLite file of another program"):
        Store.open(data)


def test_refuses_a_layout_it_does_not_know(data):
    Store.open(data).close()
    with sqlite3.connect(data / "sluice.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(StoreRefused, match="has layout 99; this Sluice reads layout 1"):
        Store.open(data)


def test_says_when_the_directory_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(PlatformDown, match="cannot be used: Not a directory"):
        Store.open(tmp_path / "file" / "data")


def test_is_down_while_the_disk_is_full_and_loses_nothing(store, read):
    store.publish([Message("orders", "k", b"before")])
    with files_limited_to(64 * 1024), pytest.raises(PlatformDown, match="Is the disk full"):
        store.publish([Message("orders", "k", b"x" * 1_000_000)])
    places = store.publish([Message("orders", "k", b"after")])

    assert [record.value for record in read(store, "orders")] == [b"before", b"after"]
    assert places[0][1] == 1


def test_is_down_while_another_process_keeps_writing(data):
    data.mkdir()
    database = Database(data / "sluice.db", busy_seconds=0.01)
    other = sqlite3.connect(data / "sluice.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with (
        pytest.raises(PlatformDown, match=r"locked for 0\.01 s by another process"),
        database.transaction(),
    ):
        pass
    other.close()
    database.close()


def test_is_down_once_it_was_closed(data):
    store = Store.open(data)
    store.close()
    store.close()

    with pytest.raises(PlatformDown, match="was closed"):
        store.publish([Message("orders", "k", b"1")])


def test_gives_offsets_that_were_taken_back_to_the_next_append(store):
    sidecar = EmbeddedSidecar(store, "shop")
    sidecar.transact([Write("row", b"1", None)], [Message("orders", "k", b"1")])
    with pytest.raises(Conflict):
        sidecar.transact([Write("row", b"2", None)], [Message("orders", "k", b"2")])

    assert [offset for _, offset in store.publish([Message("orders", "k", b"3")])] == [1]


def test_many_threads_append_and_count_without_losing_one(store, read):
    def add(thread: int) -> None:
        sidecar = EmbeddedSidecar(store, "shop")
        for number in range(50):
            while True:
                row = sidecar.get(["count"]).get("count")
                count = b"%d" % (int(row.value) + 1 if row else 1)
                message = Message("orders", f"{thread}", b"%d" % number)
                try:
                    sidecar.transact([Write("count", count, row.etag if row else None)], [message])
                    break
                except Conflict:
                    continue

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add, range(6)))

    assert EmbeddedSidecar(store, "shop").get(["count"])["count"].value == b"300"
    for thread in range(6):
        mine = [int(r.value) for r in read(store, "orders") if r.key == str(thread)]
        assert mine == list(range(50))


@pytest.mark.parametrize("durability", ["full", "acknowledged", "kill"])
def test_does_the_same_whatever_the_durability(data, read, durability):
    with Store.open(data, durability=durability) as store:
        sidecar = EmbeddedSidecar(store, "shop")
        sidecar.transact([Write(f"{PROGRESS}f/orders/0", b"1", None)], [Message("out", "k", b"1")])
        sidecar.publish([Message("out", "k", b"2")])

        assert [record.value for record in read(store, "out")] == [b"1", b"2"]
