"""The dead letters of one system: see them, group them, edit, replay and discard them.

    from local.dead_letters import DeadLetters, Filter

    with DeadLetters.open(kafka="127.0.0.1:9092") as letters:
        for group in letters.groups():
            print(group.count, group.example.cause)
        letters.replay(Filter(function="notifications.send_invoice_email"), by="ida")

It talks to the broker alone, so it works while the functions run, and while they do not. Every
method raises PlatformDown when the broker is out of reach, and Misuse for what makes no sense.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from local.avro_values import AvroValues
from local.dead_letters import editing
from local.dead_letters.audit import Audit, Trail, read_trail
from local.dead_letters.digest import Digest
from local.dead_letters.discarding import discard
from local.dead_letters.entry import Entry, find
from local.dead_letters.filters import Filter
from local.dead_letters.groups import Group, groups_of
from local.dead_letters.outcomes import Outcomes, positions_of
from local.dead_letters.replaying import Replay
from local.dead_letters.survey import everything, survey
from local.dead_letters.topics import dead_letter_topics, function_of
from local.dead_letters.unfinished import complete, settle

if TYPE_CHECKING:
    from local.brokers.base import Broker
    from local.states import Store


@dataclass(frozen=True)
class Action:
    """One line of the audit trail, with what became of it; see `local.dead_letters.outcomes`."""

    audit: Audit
    outcome: str


class DeadLetters:
    """Make one with `open`; use it as a context manager or close it.

    `avro` reads and writes payloads that are Avro.
    """

    def __init__(
        self, broker: Broker, store: Store | None = None, avro: AvroValues | None = None
    ) -> None:
        self._broker = broker
        self._store = store
        self.avro = avro or AvroValues()

    @classmethod
    def open(
        cls,
        data: Path | None = None,
        *,
        kafka: str | None = None,
        postgres: str | None = None,
        registry: str | None = None,
    ) -> Self:
        """Open those of a data directory, or of the cluster at `kafka` ("host:port").

        With `postgres`, the cluster's state store, the audit can tell what was handled; without
        it that of a cluster started by `sluice cluster up` is taken. `registry` has the schemas
        of Avro payloads; a data directory has its own. Raises Misuse when there is no such data
        directory.
        """
        from local.finding import open_broker
        from local.states import find_store

        data = data or Path(".sluice")
        broker = open_broker(data, kafka)
        avro = AvroValues(registry, data, kafka)
        return cls(broker, find_store(data, kafka, postgres), avro)

    def find(self, wanted: Filter | None = None) -> list[Digest]:
        """Return dead letters, oldest first; the open ones unless the filter says otherwise."""
        return survey(self._broker, self._trail(), wanted or Filter())

    def groups(self, wanted: Filter | None = None) -> list[Group]:
        """Return them by cause, the largest group first."""
        return groups_of(self.find(wanted))

    def get(self, id: str) -> Entry:
        """Return one whole, by its id or the clear beginning of it. Raises NoSuchLetter."""
        return find(self._broker, id)

    def replayable(self, wanted: Filter, *, again: bool = False) -> list[Digest]:
        """Return what `replay` would send: of ids also discarded ones, and with `again` all."""
        return _actionable(self.find(wanted), wanted, {"open", "discarded"}, again)

    def replay(
        self,
        wanted: Filter,
        *,
        by: str,
        reason: str = "",
        again: bool = False,
        rate: float | None = None,
        advance: Callable[[int], None] = lambda count: None,
    ) -> int:
        """Send events back to their functions alone; returns how many. `rate` is events a second.

        Those replayed before that have not failed since are left out, unless `again`. Called
        again after it was interrupted, it goes on where it stopped.
        """
        chosen = self.replayable(wanted, again=again)
        return self.send(chosen, by=by, reason=reason, rate=rate, advance=advance)

    def send(
        self,
        chosen: list[Digest],
        *,
        by: str,
        reason: str = "",
        rate: float | None = None,
        advance: Callable[[int], None] = lambda count: None,
    ) -> int:
        """Send exactly these, as `replayable` returned them."""
        settle(self._broker, read_trail(self._broker))
        return Replay(self._broker, by=by, reason=reason, rate=rate).send(chosen, advance)

    def patch(
        self, id: str, patch: Any, *, by: str, reason: str = "", force: bool = False
    ) -> Entry:
        """Apply an RFC 7396 merge patch to a payload, and return the edited dead letter."""
        entry = self.get(id)
        value = editing.patched(entry, patch, self.avro)
        return self.edit(entry, value, by=by, reason=reason, force=force)

    def edit(
        self, entry: Entry, value: bytes, *, by: str, reason: str = "", force: bool = False
    ) -> Entry:
        """Give a dead letter another payload; see `local.dead_letters.editing` for the rules."""
        editing.edit(self._broker, entry, value, by=by, reason=reason, force=force, avro=self.avro)
        return self.get(entry.letter.id)

    def discardable(self, wanted: Filter) -> list[Digest]:
        """Return what `discard` would discard: those that are not discarded yet."""
        return _actionable(self.find(wanted), wanted, {"open", "replayed"}, False)

    def discard(self, wanted: Filter, *, by: str, reason: str) -> int:
        """Say that they are not to be replayed, and why; returns how many. Replaying undoes it."""
        return self.give_up(self.discardable(wanted), by=by, reason=reason)

    def give_up(self, chosen: list[Digest], *, by: str, reason: str) -> int:
        """Discard exactly these, as `discardable` returned them. Raises Misuse without a reason."""
        return discard(self._broker, chosen, by=by, reason=reason)

    def audit(self, wanted: Filter | None = None) -> list[Action]:
        """Return who did what and what became of it, oldest first.

        Of the filter, `ids` (whole), `function`, `since` and `until` count: for the action's time.
        """
        wanted = wanted or Filter()
        trail = self._trail()
        chosen = [action for action in trail.actions if _is_wanted(action, wanted)]
        functions = {action.function for action in chosen if action.function}
        outcomes = Outcomes(positions_of(self._broker, self._store), self._store, functions)
        newest = self._newest(trail, {action.function for action in chosen})
        return [Action(each, outcomes.of(each, newest.get(each.id))) for each in chosen]

    def close(self) -> None:
        """Let go of the broker and of the schema registry."""
        self._broker.close()
        self.avro.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _newest(self, trail: Trail, functions: set[str]) -> dict[str, Digest]:
        """The dead letters of these functions by id; of all where an old action names none."""
        topics = [
            topic
            for topic in dead_letter_topics(self._broker)
            if "" in functions or function_of(topic) in functions
        ]
        found = (everything(self._broker, trail, Filter(function=function_of(t))) for t in topics)
        return {digest.id: digest for digests in found for digest in digests}

    def _trail(self) -> Trail:
        trail = read_trail(self._broker)
        complete(self._broker, trail)
        return trail


def _actionable(found: list[Digest], wanted: Filter, states: set[str], again: bool) -> list[Digest]:
    # A filter has chosen by state already; of ids, what was done needs no doing once more.
    return [each for each in found if again or not wanted.ids or each.state in states]


def _is_wanted(action: Audit, wanted: Filter) -> bool:
    return (
        (not wanted.ids or any(action.id.startswith(id) for id in wanted.ids))
        and (wanted.function is None or wanted.function in _names(action.function))
        and (wanted.since is None or action.at >= wanted.since)
        and (wanted.until is None or action.at < wanted.until)
    )


def _names(function: str) -> tuple[str, str]:
    return function, function.rpartition(".")[2]
