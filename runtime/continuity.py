"""Is there anything missing between what a function has handled and what comes to it now?

Offsets that do not go on where the last ones ended have several causes, and only the broker can
tell them apart:

- they begin again: the events come once more, or the topic was deleted and made again;
- they leap: the topic let go of records before they came (lost), the consumer group went past
  records that are still there (they may come yet), what lies between are no records at all
  (marks of transactions, records that compaction took away), or the function is not called for
  them, and the process that passed them by had not written that yet (`runtime.unwritten`).

So it is asked then, and once in a while to notice that a topic is another one by now. Where it
cannot be asked (no SLUICE_KAFKA), timestamps have to do: see `Handled.redelivered`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from copy import copy
from datetime import datetime, timedelta

from runtime import metrics, unwritten
from runtime.clock import Clock
from runtime.errors import PlatformDown
from runtime.handled import Handled
from runtime.log import logger
from runtime.progress import Beginning, Course, Gap, Place, Progress
from runtime.record import Record
from runtime.rows import Rows
from runtime.topics import Topic, Topics, content_of

log = logger("continuity")

#: How long an answer of the broker is believed while nothing looks odd.
BELIEVED = timedelta(seconds=10)
#: Records that are handled at most before it is asked again.
MOST_UNSURE = 10_000
#: Records of a gap that are looked at to find one that the function is called for: as many as the
#: process before may have passed by, and not written.
MOST_LOOKED_AT = unwritten.MOST


class Continuity:
    """Looks after the topics of one function; `topics` None is a broker that cannot be asked.

    `wanted` says whether the function is called for a record: others are not missed.
    """

    def __init__(
        self,
        function: str,
        handled: Handled,
        topics: Topics | None,
        clock: Clock,
        *,
        wanted: Callable[[Record], bool] = lambda record: True,
    ) -> None:
        self._function = function
        self._handled = handled
        self._wanted = wanted
        self._topics = topics
        self._clock = clock
        self._believed: dict[str, tuple[datetime, Topic | None]] = {}
        self._beginnings: dict[str, Beginning] = {}
        #: What was handled while an old answer was believed: contents by offset.
        self._unsure: dict[Place, dict[int, int]] = {}
        #: The places of which that is needed, because the topic is another one by now.
        self._needed: set[Place] = set()
        self._marked: set[str] = set()
        self._told: set[tuple[Place, Gap]] = set()
        #: Topics that were made anew, and of which records were passed over: their consumer group
        #: has to begin again. To be emptied by who sees to that.
        self.passed_over: set[str] = set()

    def course(self, rows: Rows, records: Sequence[Record]) -> Course:
        """Say how these records of one topic follow on those before, and tell what is missing.

        Raises PlatformDown where the broker must be asked and does not answer.
        """
        if self._topics is None:
            return Course()
        name = records[0].topic
        places = _contents(records)
        before = {place: self._before(rows, place) for place in places}
        topic, is_new = self._look(name, before, places)
        if topic is None:
            return Course()
        course = Course()
        if self._beginning(rows, name) is None:
            lows = {partition: low for partition, (low, _) in topic.ends.items()}
            course.beginning = (name, Beginning(topic.id, lows))
        for place, progress in before.items():
            course.progress[place] = self._follow(place, progress, topic, list(places[place]))
            if not is_new:
                self._unsure.setdefault(place, {}).update(places[place])
            elif not _is_another(topic, progress):  # else it is needed until that is written
                self._unsure.pop(place, None)
                self._needed.discard(place)
        return course

    def believe(self, known: Mapping[Place, Progress], records: Sequence[Record]) -> bool:
        """Note records that go on where this ends; False where the broker has to be asked first.

        It is not asked here, and nothing is told: what is `known` may be old, and then all is
        another matter. False also where the broker cannot be asked at all.
        """
        name = records[0].topic
        asked, topic = self._believed.get(name, (None, None))
        if asked is None or topic is None or not self._is_sure(name, asked):
            return False
        if any(progress.topic_id != topic.id for progress in known.values()):
            return False
        for place, contents in _contents(records).items():
            self._unsure.setdefault(place, {}).update(contents)
        return True

    def topic_id(self, name: str) -> str | None:
        """Which topic of this name was seen last; None when none was."""
        _, topic = self._believed.get(name, (None, None))
        return topic.id if topic else None

    def _before(self, rows: Rows, place: Place) -> Progress | None:
        """What was handled of the place; None when the function has just met the topic."""
        progress = self._handled.progress(rows, place)
        if progress is None:
            beginning = self._beginning(rows, place[0])
            if beginning is not None:
                low = beginning.lows.get(place[1], 0)
                return Progress(low, topic_id=beginning.topic_id)
        return progress

    def _beginning(self, rows: Rows, name: str) -> Beginning | None:
        """Where the topic began when the function met it: what it lets go of since is lost."""
        if name not in self._beginnings:
            found = self._handled.beginning(rows, name)
            if found is None:
                return None
            self._beginnings[name] = found
        return self._beginnings[name]

    def _look(
        self,
        name: str,
        before: Mapping[Place, Progress | None],
        places: Mapping[Place, Mapping[int, int]],
    ) -> tuple[Topic | None, bool]:
        """Ask for the topic, or believe the last answer: also return which of the two."""
        is_odd = any(
            progress is not None and min(places[place]) != progress.next
            for place, progress in before.items()
        )
        topic, is_new = self._ask(name, is_odd)
        if topic and not is_new and any(_is_another(topic, each) for each in before.values()):
            return self._ask(name, True)  # where it ends must be known as of now
        return topic, is_new

    def _ask(self, name: str, is_needed: bool) -> tuple[Topic | None, bool]:
        assert self._topics is not None
        now = self._clock.now()
        asked, topic = self._believed.get(name, (None, None))
        if not is_needed and asked and self._is_sure(name, asked):
            return topic, False
        is_new, before = True, topic
        try:
            topic = self._topics.find([name]).get(name)
        except PlatformDown:
            if is_needed:
                raise
            is_new = False
        if is_new and before and topic:
            self._settle(name, is_same=before.id == topic.id)
        self._believed[name] = (now, topic)
        return topic, is_new

    def _is_sure(self, name: str, asked: datetime) -> bool:
        """Whether the answer of that time is still believed."""
        unsure = sum(
            len(each)
            for place, each in self._unsure.items()
            if place[0] == name and place not in self._needed
        )
        return self._clock.now() - asked < BELIEVED and unsure < MOST_UNSURE

    def _settle(self, name: str, *, is_same: bool) -> None:
        """Let go of what was handled while an old answer was believed, if it was on this topic.

        Also of partitions that have moved to another replica, of which nothing more comes here.
        What was handled of another topic is needed until the partition's next batch.
        """
        unsure = [place for place in self._unsure if place[0] == name]
        if not is_same:
            self._needed.update(unsure)
        for place in unsure:
            if place not in self._needed:
                del self._unsure[place]

    def _follow(
        self, place: Place, before: Progress | None, topic: Topic, offsets: Sequence[int]
    ) -> Progress:
        """Return what the place has come to, as far as these records go on from there."""
        low, high = topic.ends.get(place[1], (0, 0))
        lowest = min(offsets)
        if before is None:
            # Where its group began: not lost, and handled if the group goes back.
            return Progress(topic_id=topic.id, gaps=[(low, lowest)] if low < lowest else [])
        progress = copy(before)
        if _is_another(topic, before):
            if lowest >= high:
                return progress  # left over from the old topic
            self._begin_anew(place, progress, topic, lowest)
        else:
            ahead = [offset for offset in offsets if offset >= before.next]
            if ahead and min(ahead) > before.next:
                self._leap(place, progress, (before.next, min(ahead)), low)
        progress.topic_id = topic.id
        return progress

    def _begin_anew(self, place: Place, progress: Progress, topic: Topic, lowest: int) -> None:
        """Make the progress that of another topic, which may have been read for a while already."""
        log.warning("continuity.topic_made_anew", **self._where(place), ended=progress.next)
        self._marked.discard(place[0])
        low, _ = topic.ends[place[1]]
        first = self._first_of_the_new(place, low, progress.next)
        progress.gaps = []
        if first == progress.next:
            progress.next = first = 0
        elif lowest < first:
            progress.gaps = [(lowest, first)]
        missed = (0, min(lowest, first) if first else lowest)
        if missed[0] < missed[1]:
            self._leap(place, progress, missed, low)
        if low < missed[1]:
            self.passed_over.add(place[0])

    def _first_of_the_new(self, place: Place, low: int, after: int) -> int:
        """From which offset on, up to `after`, was handled what is on the topic now?"""
        assert self._topics is not None
        known = self._unsure.get(place, {})
        handled = {at: content for at, content in known.items() if at < after}
        if handled:
            first = max(low, min(handled))
            with closing(self._topics.records(*place, first, after)) as records:
                there = _contents(records).get(place, {})
            for offset in sorted(handled, reverse=True):
                if there.get(offset) != handled[offset]:
                    break
                after = offset
        return after

    def _leap(self, place: Place, progress: Progress, gap: Gap, low: int) -> None:
        """Tell what lies in a gap, and note in the progress what of it may come yet."""
        first, after = gap
        if first < low:
            self._tell("removed", place, (first, min(low, after)))
        left = (max(first, low), after)
        is_small = left[1] - left[0] == 1
        if is_small and place[0] in self._marked:
            # A topic with transactions has such gaps all the time: nobody is asked, nothing is
            # told, and should there be a record it may come yet.
            progress.gaps = [*progress.gaps, left]
            return
        wanted, passed_ms = self._look_into(place, left)
        # What comes again of those that the function is not called for must not look newer than
        # all that was handled: see `Handled.redelivered`.
        progress.last_ms = max([progress.last_ms, *passed_ms])
        if wanted is not None:
            self._tell("skipped", place, (wanted, after))
            progress.gaps = [*progress.gaps, (wanted, after)]
        elif is_small and not passed_ms:
            self._marked.add(place[0])

    def _look_into(self, place: Place, gap: Gap) -> tuple[int | None, list[int]]:
        """Return the offset of the first record in a gap that the function is called for, if any.

        And the timestamps of those before it.
        """
        assert self._topics is not None
        passed_ms: list[int] = []
        with closing(self._topics.records(*place, *gap)) as records:
            for record in records:
                if len(passed_ms) == MOST_LOOKED_AT or self._wanted(record):
                    return record.offset, passed_ms
                passed_ms.append(record.timestamp_ms)
        return None, passed_ms

    def _tell(self, reason: str, place: Place, gap: Gap) -> None:
        if (place, gap) not in self._told:  # a unit of work may run several times
            self._told.add((place, gap))
            metrics.LOST.labels(self._function, place[0], reason).inc(gap[1] - gap[0])
            log.error(
                f"continuity.records_{reason}", **self._where(place), first=gap[0], last=gap[1] - 1
            )

    def _where(self, place: Place) -> Mapping[str, object]:
        return {"function": self._function, "topic": place[0], "partition": place[1]}


def _contents(records: Iterable[Record]) -> dict[Place, dict[int, int]]:
    """The `content_of` each record, by place and offset."""
    found: dict[Place, dict[int, int]] = {}
    for record in records:
        content = content_of(record.timestamp_ms, record.value)
        found.setdefault((record.topic, record.partition), {})[record.offset] = content
    return found


def _is_another(topic: Topic, progress: Progress | None) -> bool:
    """Whether what was handled was of a topic that is no more."""
    return bool(progress and progress.topic_id and topic.id and progress.topic_id != topic.id)
