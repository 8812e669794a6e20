"""FastStream with its stock in the cluster's PostgreSQL: one event at a time, and batches."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from local.bench.arena import Arena
from local.bench.contestants.base import Contestant, Entry
from local.bench.contestants.script import peers_python, run_script
from local.bench.workload import LEVEL, products

#: An event that comes again after a crash is in the stock twice, too.
_GUARANTEE = "at least once, two replicas lose updates"
_EVENTS = "faststream_events.py"
_TABLE = "create table stock (product text primary key, level bigint, reserved bigint)"


@contextmanager
def _enter(program: Sequence[str], arena: Arena, run: str) -> Iterator[Entry]:
    with _database(arena.cluster.postgres, run) as database:
        command = [peers_python(), *program]
        settings = _settings(database)
        with run_script(command, arena, run, settings, lambda: _reserved(database)) as entry:
            yield entry


@contextmanager
def _database(postgres: str, name: str) -> Iterator[str]:
    """Make a database with a full stock for one trial; its libpq connection string."""
    quoted = sql.Identifier(name)
    with psycopg.connect(postgres, autocommit=True) as session:
        session.execute(sql.SQL("create database {}").format(quoted))
        database = psycopg.conninfo.make_conninfo(postgres, dbname=name)
        with psycopg.connect(database) as stocked:
            stocked.execute(_TABLE)
            rows = [(product, LEVEL) for product in products()]
            stocked.cursor().executemany("insert into stock values (%s, %s, 0)", rows)
        yield database
        session.execute(sql.SQL("drop database {} with (force)").format(quoted))


def _settings(database: str) -> dict[str, str]:
    """The variables by which every client of PostgreSQL finds this database."""
    names = ("host", "port", "user", "password", "dbname", "sslmode")
    known = conninfo_to_dict(database)
    found = {name: str(known[name]) for name in names if known.get(name)}
    found["database"] = found.pop("dbname")
    return {f"PG{name.upper()}": value for name, value in found.items()}


def _reserved(database: str) -> int:
    with psycopg.connect(database) as session:
        [total] = session.execute("select sum(reserved) from stock").fetchone() or [0]
    return int(total)


EVENTS = Contestant(
    name="faststream",
    title="FastStream, one event at a time",
    guarantee=_GUARANTEE,
    share=1 / 40,
    libraries=True,
    enter=functools.partial(_enter, [_EVENTS, "nack_on_error"]),
)
AUTO_COMMIT = Contestant(
    name="faststream-auto-commit",
    title="FastStream, one event at a time, auto-commit",
    guarantee="may lose and repeat events",
    share=1 / 15,
    libraries=True,
    enter=functools.partial(_enter, [_EVENTS, "ack_first"]),
)
BATCHES = Contestant(
    name="faststream-batches",
    title="FastStream, batches of 1,000",
    guarantee=_GUARANTEE,
    share=4.0,
    libraries=True,
    enter=functools.partial(_enter, ["faststream_batches.py"]),
)
