"""What becomes of the events of one unit of work that cannot be handled now?

They are tried again later, wait behind an earlier event of their key, or are given up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from runtime import dead_letters, intake
from runtime.avro.topics import NO_AVRO, AvroTopics
from runtime.dead_letters import DeadLetter
from runtime.errors import Retry
from runtime.held import Held
from runtime.intake import Item
from runtime.outputs import derived_id
from runtime.policy import Policy
from runtime.put_off import Agenda, PutOff
from runtime.record import Message
from runtime.rows import Rows
from runtime.spec import FunctionSpec

#: The retry topic of a service that was down may take a while; a copy that comes late is known.
OVERDUE = timedelta(hours=1)
#: Bytes of events that waited and are taken up in one unit of work, give or take a pack for each
#: key: what they publish is about as much, and daprd takes 64 MiB in one call.
MOST_BYTES = 16 * 1024 * 1024


@dataclass
class Outcome:
    """What became of the events that were not handled: `letters` are the records to publish."""

    letters: list[Message]
    given_up: list[Item]
    later: list[Item]
    behind: int


class Failures:
    """Sorts the events of one unit of work. Ask `admit` first, `settle` last."""

    def __init__(
        self,
        spec: FunctionSpec,
        policy: Policy,
        rows: Rows,
        *,
        size: int,
        avro: AvroTopics = NO_AVRO,
    ) -> None:
        self._spec = spec
        self._avro = avro
        self.policy = policy
        #: A unit of work larger than the function's batch was made for not calling it.
        self._calls_none = size > spec.batch
        self._agenda, self._held = Agenda(spec.name), Held(spec.name)
        self._rows = rows
        self._now = rows.clock.now()
        #: Events that were not called for, because an earlier one of their key waits.
        self._behind: list[Item] = []
        self._resumed: list[str] = []
        self._room = MOST_BYTES

    def admit(self, items: Sequence[Item]) -> list[Item]:
        """Return the events to call the function for, in their order.

        Of an ordered function those are left out that must wait behind another one; with a waiting
        one that is due now come those that waited behind it.
        """
        may_wait = self._spec.ordered and self._held.any(self._rows)
        if not may_wait and not any(item.is_retry for item in items):
            return list(items)
        admitted = [each for item in items for each in self._admit(item)]
        # What has waited may have been settled by a replay meanwhile.
        self._rows.load(each.mark for each in admitted if each.mark)
        return [each for each in admitted if not (each.mark and self._rows.stored(each.mark))]

    @property
    def calls_all(self) -> bool:
        """Whether the function is called for every event: no breaker holds any of them back."""
        return not (self._calls_none or self.policy.holds_back)

    def calls(self, item: Item) -> bool:
        """Whether to call the function; when not, the event has the breaker's error."""
        if self._calls_none:
            self.policy.pass_over(item)
            return False
        return self.policy.calls(item)

    def waits(self, item: Item) -> bool:
        """Whether a failed event is tried again later."""
        return self.policy.delay(item) is not None

    def hold(self, item: Item) -> None:
        """Let an event wait behind an earlier one of its key."""
        item.behind = True
        self._behind.append(item)

    def settle(self, failed: Sequence[Item], unreadable: Sequence[Item]) -> Outcome:
        """Put off what is tried again; return the dead letters of the rest, and the counts."""
        later = [item for item in failed if self.waits(item)]
        given_up = [*unreadable, *(item for item in failed if not self.waits(item))]
        lines: dict[str | None, list[Item]] = {}
        for item in [*later, *self._behind]:
            lines.setdefault(item.original.key if self._spec.ordered else None, []).append(item)
        noted = [(item, self._put_off(item)) for item in lines.pop(None, ())]
        self._held.load_ends(self._rows, [*lines, *self._resumed])
        for key, line in lines.items():
            noted += self._queue(key or "", line)
        self._note(noted)
        for key in self._resumed:
            self._go_on(key)
        letters = [self._message(item) for item in given_up]
        return Outcome(letters, given_up, later, len(self._behind))

    def _admit(self, item: Item) -> Iterable[Item]:
        """The event itself, those that come with it, or none."""
        key = item.original.key
        # Also where order is not asked for any more: the queue may be older than the declaration.
        if key is not None and item.is_retry and self._is_head(item, key):
            return self._resume(item, key)
        if self._spec.ordered and self._held.holds(self._rows, key):
            self.hold(item)
            return ()
        return (item,)

    def _is_head(self, item: Item, key: str) -> bool:
        if not self._held.holds(self._rows, key):
            return False
        head = self._held.head(self._rows, key)
        return head is not None and item.letter is not None and head.letter.due == item.letter.due

    def _resume(self, item: Item, key: str) -> Iterator[Item]:
        """The waiting event and those behind it."""
        yield item
        taken = self._held.take(self._rows, key, self._spec.batch, self._room)
        self._room = max(1, self._room - sum(len(each.record.value) for each in taken))
        self._resumed.append(key)
        for put_off in taken[1:]:
            yield intake.again(self._spec, item.record, put_off, self._avro)

    def _queue(self, key: str, line: list[Item]) -> list[tuple[Item, PutOff]]:
        """Let the events wait in the queue of their key; return its head if that is new."""
        held, events = self._held, [self._put_off(item) for item in line]
        if line[0].behind:  # the head is another one, and will be called for
            if key not in self._resumed:
                self._rouse(key)
            held.append(self._rows, key, events)
            return []
        if key in self._resumed:
            held.put_back(self._rows, key, events)
            self._resumed.remove(key)
        else:
            held.append(self._rows, key, events)
        return [(line[0], events[0])]

    def _rouse(self, key: str) -> None:
        """Call for a head that should have been back long ago: its retry topic was made anew."""
        head = self._held.head(self._rows, key)
        if head and self._now - datetime.fromisoformat(head.letter.due) > OVERDUE:
            self._go_on(key)

    def _go_on(self, key: str) -> None:
        """Call for the head of a queue at the next moment."""
        if self._held.head(self._rows, key) is not None:
            [first, *rest] = self._held.take(self._rows, key, 1)
            first.letter = dead_letters.put_off(first.letter, self._now, first.letter.retries)
            self._held.put_back(self._rows, key, [first, *rest])
            self._agenda.add(self._rows, 0, self._now, 1, [first])

    def _put_off(self, item: Item) -> PutOff:
        letter = self._describe(item)
        delay = self.policy.delay(item)
        if delay is None:  # it waits behind another one
            due = None if item.is_replay else self._now
            return PutOff(item.original, dead_letters.put_off(letter, due, letter.retries))
        retries = letter.retries + (0 if item.passed_over else 1)
        next_due = self._now + timedelta(seconds=delay)
        return PutOff(item.original, dead_letters.put_off(letter, next_due, retries))

    def _note(self, noted: Sequence[tuple[Item, PutOff]]) -> None:
        """Write into the agenda when they are due, those of one moment together."""
        moments: dict[tuple[int, str], list[PutOff]] = {}
        for item, event in noted:
            moments.setdefault((item.record.partition, event.letter.due), []).append(event)
        for (partition, text), events in moments.items():
            due = datetime.fromisoformat(text)
            grain = max(1, int((due - self._now).total_seconds() / 20))
            self._agenda.add(self._rows, partition, due, grain, events)

    def _message(self, item: Item) -> Message:
        letter = dead_letters.put_off(self._describe(item), None, _retries(item))
        return letter.to_message(self._spec.dead_letter_topic, item.original)

    def _describe(self, item: Item) -> DeadLetter:
        return dead_letters.describe(
            self._spec.id,
            derived_id(self._spec.id, "dead letter", item.identity),
            item.original,
            item.names,
            item.error or Retry("It waits for an earlier event of its key."),
            attempts=item.attempts,
            now=self._now,
            before=item.letter,
        )


def _retries(item: Item) -> int:
    return item.letter.retries if item.letter else 0
