"""Which dead letters are meant?"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from local.dead_letters.digest import Digest
from local.dead_letters.errors import NoSuchLetter
from runtime.record import Record

STATES = ("open", "replayed", "discarded")


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Dead letters that match everything that is given.

    `function` is an id such as `inventory.validate_inventory`, or the bare name. `cause` is any
    part of the error class, the place in the code or the message, `text` any part of the message
    or the payload; upper and lower case are alike in both. `group` is an id that `groups` told,
    `key` the whole key. `since` and `until` (with a zone) bound the last failure. `ids` are
    the dead letters' own, or the clear beginning of one; whoever names one means it in any state.
    """

    ids: tuple[str, ...] = ()
    function: str | None = None
    cause: str | None = None
    group: str | None = None
    key: str | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    states: tuple[str, ...] = ("open",)

    @property
    def is_narrow(self) -> bool:
        """Whether it says more than "all"."""
        return self != Filter(states=self.states)

    def mentioned(self, record: Record, message: str) -> bool:
        """Whether the record, or the message about it, has the text."""
        if self.text is None:
            return True
        text = self.text.lower()
        return text in message.lower() or text.encode() in record.value.lower()

    def choose(self, digests: Iterable[Digest]) -> list[Digest]:
        """Return those that are meant, oldest first. Raises NoSuchLetter."""
        found = [digest for digest in digests if self._matches(digest)]
        if self.ids:
            return pick(found, self.ids)
        chosen = [digest for digest in found if digest.state in self.states]
        return sorted(chosen, key=lambda digest: (digest.first_failed, digest.id))

    def _matches(self, digest: Digest) -> bool:
        return (
            digest.mentions
            and (self.key is None or digest.key == self.key)
            and (self.group is None or digest.group == self.group)
            and (self.since is None or digest.last_failed >= _utc(self.since))
            and (self.until is None or digest.last_failed < _utc(self.until))
            and (self.cause is None or self._caused(digest))
        )

    def _caused(self, digest: Digest) -> bool:
        assert self.cause is not None
        return self.cause.lower() in f"{digest.cause}\n{digest.error}: {digest.message}".lower()


def pick(digests: Iterable[Digest], ids: Iterable[str]) -> list[Digest]:
    """Return those with these ids; the beginning of an id is enough where it is clear.

    Raises NoSuchLetter for an id that none or several begin with.
    """
    by_id = {digest.id: digest for digest in digests}
    known = sorted(by_id)
    full = dict.fromkeys(full_id(given, known) for given in ids)
    return [by_id[id] for id in full]


def full_id(given: str, known: Sequence[str]) -> str:
    """Return the one id that begins so, of ids in their order. Raises NoSuchLetter."""
    at = bisect_left(known, given)
    matches = [id for id in known[at : at + 2] if id.startswith(given)] if given else []
    if len(matches) == 1 or given in matches:
        return matches[0]
    problem = "Several dead letters begin with" if matches else "There is no dead letter"
    raise NoSuchLetter(f"{problem} {given!r}. `sluice dlq list --all` shows their ids.")


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
