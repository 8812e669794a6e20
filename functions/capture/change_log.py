"""What has changed in the customers' database since?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from msgspec import Struct, json
from msgspec.structs import replace

from functions.domain.captured import CustomerChange
from functions.domain.customer import Action

#: How long a writer of the database is waited for.
_BUSY_SECONDS = 2.0


class Change(Struct, frozen=True):
    """One entry of the log; `number` grows from each to the next."""

    number: int
    time: datetime
    customer: CustomerChange


@dataclass(frozen=True)
class ChangeLog:
    """The change log beside the table `customers` of a SQLite database.

    SLUICE_CUSTOMERS_DB names the file; without it nothing is captured. `sluice customers-db` makes
    the log, and the triggers that write it in the transaction of each change. It is read by its
    primary key from where the last reading ended: the table of customers is never looked at.
    """

    path: Path | None = None

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> ChangeLog:
        """Read the setting; the file may come later."""
        given = environ.get("SLUICE_CUSTOMERS_DB", "")
        return cls(Path(given) if given else None)

    def name(self) -> str | None:
        """Return which log this is: a database made anew has another one. None without a setting.

        Raises LookupError, with the cure, when there is none.
        """
        if self.path is None:
            return None
        with self._connected(self.path) as connection:
            [name] = connection.execute("SELECT log FROM customer_capture").fetchone()
        return str(name)

    def after(self, number: int, most: int) -> list[Change]:
        """Return up to `most` changes that come after this one, in their order."""
        if self.path is None:
            return []
        with self._connected(self.path) as connection:
            rows = connection.execute(
                "SELECT number, at, action, customer FROM customer_changes"
                " WHERE number > ? ORDER BY number LIMIT ?",
                (number, most),
            ).fetchall()
        return [_change(*row) for row in rows]

    @contextmanager
    def _connected(self, path: Path) -> Iterator[sqlite3.Connection]:
        # Not read-only: whoever comes after a writer that was killed has to clear up after it.
        address = f"{path.resolve().as_uri()}?mode=rw"
        try:
            connection = sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS)
            connection.text_factory = _text
            with closing(connection):
                yield connection
        except sqlite3.Error as error:
            raise LookupError(
                f"The change log of {str(path)!r} (SLUICE_CUSTOMERS_DB) cannot be read: {error}. "
                "`sluice customers-db` makes it."
            ) from error


def _change(number: int, at: str, action: str, customer: str) -> Change:
    found = json.decode(customer, type=CustomerChange)
    return Change(number, datetime.fromisoformat(at), replace(found, action=Action(action)))


def _text(raw: bytes) -> str:
    """Text that is no UTF-8 must not stop what comes after it."""
    return raw.decode("utf-8", "replace")
