"""Which topics are there, with how many partitions, and for how long are records kept?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from runtime.sidecars.embedded.database import Database

DEFAULT_PARTITIONS = 3
#: What Kafka takes as the name of a topic.
_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")
_MAKE = """
INSERT INTO topics (name, partitions, retention_ms) VALUES (?, ?, ?)
ON CONFLICT (name) DO UPDATE SET retention_ms = excluded.retention_ms
WHERE topics.retention_ms IS NOT excluded.retention_ms
"""


class Topic(NamedTuple):
    """One topic; its number in the file is never given to another one."""

    id: int
    name: str
    partitions: int


class Topics:
    """The topics of one file. One that nobody made is made when it is first written to.

    `partitions` says how many that one gets; a name that it lacks gets 3.
    """

    def __init__(self, database: Database, partitions: Mapping[str, int] | None = None) -> None:
        self._database = database
        self._partitions = dict(partitions or {})
        self._known: dict[str, Topic] = {}

    def all(self) -> dict[str, int]:
        """Return the number of partitions of every topic, by name."""
        return dict(self._database.rows("SELECT name, partitions FROM topics ORDER BY name"))

    def find(self, name: str) -> Topic | None:
        """Return a topic, or None when nobody has made it or written to it yet."""
        if name not in self._known:
            row = self._database.row(
                "SELECT id, name, partitions FROM topics WHERE name = ?", (name,)
            )
            if row is None:
                return None
            self._known[name] = Topic(*row)
        return self._known[name]

    def ensure(self, names: Iterable[str]) -> None:
        """Make those that are missing."""
        for name in names:
            if name not in self._known and self.find(name) is None:
                self.create(name)

    def create(
        self, name: str, partitions: int | None = None, retention_ms: int | None = None
    ) -> None:
        """Make a topic; one that is there keeps its partitions and takes over the retention.

        `retention_ms` None keeps records for good. Raises ValueError for a name that Kafka would
        refuse, or for no partitions.
        """
        if not _NAME.fullmatch(name) or name in (".", ".."):
            raise ValueError(
                f"Topic {name!r} cannot be made; expected letters, digits, '.', '_' and '-', at"
                " most 249 of them."
            )
        if partitions is None:
            partitions = self._partitions.get(name, DEFAULT_PARTITIONS)
        if partitions < 1:
            raise ValueError(f"Topic {name!r} has {partitions} partitions; expected at least 1.")
        with self._database.transaction(repeatable=True) as transaction:
            transaction.execute(_MAKE, (name, partitions, retention_ms))
        self.find(name)
