"""Which mails are in the log, and where do they lie on a machine without a provider?"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from functions.domain.mail import MailLog, MailStatus
from local.masking import Mask
from local.states import Store, TableRows


def logged(
    tables: Iterable[TableRows], store: Store, status: MailStatus | None = None
) -> list[MailLog]:
    """Return the log, newest first; only mails of one status when it is given."""
    rows = (row for table in tables for _, row in table.rows(store))
    found = (msgspec.json.decode(row, type=MailLog) for row in rows)
    wanted = [log for log in found if status in (None, log.status)]
    return sorted(wanted, key=lambda log: (log.created_at, log.id), reverse=True)


def file_of(log: MailLog, data: Path) -> Path | None:
    """Return the mail's file, which any mail program opens; None where a provider has taken it."""
    file = data / "mails" / f"{log.id}.eml"
    return file if file.is_file() else None


def as_object(log: MailLog, file: Path | None, mask: Mask) -> dict[str, Any]:
    """Return `{id, to, subject, status, createdAt, ..., file}`, to be encoded by msgspec."""
    shown: dict[str, Any] = mask.data(msgspec.to_builtins(log))
    return shown | {"file": None if file is None else str(file)}
