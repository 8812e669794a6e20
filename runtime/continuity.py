"""Is there anything missing between what a function has handled and what comes to it now?

Offsets that do not go on where the last ones ended have several causes, and only the broker can
tell them apart:

- they begin again: the events come once more, or the topic was deleted and made again;
- they leap: the topic let go of records before they came (lost), the consumer group went past
  records that are still there (they may come yet), or what lies between are no records at all
  (marks of transactions, records that compaction took away).

So it is asked then, and once in a while to notice that a topic is another one by now. Where it
cannot be asked (no SLUICE_KAFKA), timestamps have to do: see `Handled.is_redelivery`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from runtime import metrics
from runtime.clock import Clock
from runtime.errors import PlatformDown
from runtime.handled import Handled
from runtime.log import logger
from runtime.progress import Beginning, Course, Gap, Place, Progress
from runtime.record import Record
from runtime.rows import Rows
from runtime.topics import Topic, Topics

log = logger("continuity")

#: How long an answer of the broker is believed while nothing looks odd.
BELIEVED = timedelta(seconds=10)


class Continuity:
    """Looks after the topics of one function; `topics` None is a broker that cannot be asked."""

    def __init__(
        self, function: str, handled: Handled, topics: Topics | None, clock: Clock
    ) -> None:
        self._function = function
        self._handled = handled
        self._topics = topics
        self._clock = clock
        self._believed: dict[str, tuple[datetime, Topic | None]] = {}
        self._beginnings: dict[str, Beginning] = {}
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
        offsets: dict[Place, list[int]] = {}
        for record in records:
            offsets.setdefault((name, record.partition), []).append(record.offset)
        before = {place: self._before(rows, place) for place in offsets}
        odd = any(
            progress is not None and min(offsets[place]) != progress.next
            for place, progress in before.items()
        )
        topic = self._look(name, odd)
        if topic and not odd and any(_is_another(topic, each) for each in before.values()):
            topic = self._look(name, True)  # where it ends must be known as of now
        if topic is None:
            return Course()
        course = Course()
        if self._beginning(rows, name) is None:
            lows = {partition: low for partition, (low, _) in topic.ends.items()}
            course.beginning = (name, Beginning(topic.id, lows))
        for place, progress in before.items():
            self._follow(course, place, progress, topic, offsets[place])
        return course

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

    def _look(self, name: str, is_needed: bool) -> Topic | None:
        """Ask for the topic, or believe the last answer; None for one that is gone."""
        assert self._topics is not None
        now = self._clock.now()
        asked, topic = self._believed.get(name, (None, None))
        if not is_needed and asked is not None and now - asked < BELIEVED:
            return topic
        try:
            topic = self._topics.find([name]).get(name)
        except PlatformDown:
            if is_needed:
                raise
        self._believed[name] = (now, topic)
        return topic

    def _follow(
        self,
        course: Course,
        place: Place,
        progress: Progress | None,
        topic: Topic,
        offsets: Sequence[int],
    ) -> None:
        course.topic_ids[place] = topic.id
        low, high = topic.ends.get(place[1], (0, 0))
        lowest = min(offsets)
        if progress is None:
            if low < lowest:  # where its group began; not lost, and handled if the group goes back
                course.gaps[place] = (low, lowest)
            return
        if _is_another(topic, progress):
            if lowest >= high:  # left over from the old topic
                course.topic_ids[place] = progress.topic_id
                return
            course.anew.add(place)
            self._marked.discard(place[0])
            log.warning("continuity.topic_made_anew", **self._where(place), ended=progress.next)
            if low < lowest:
                self.passed_over.add(place[0])
            self._leap(course, place, (0, lowest), low)
            return
        ahead = [offset for offset in offsets if offset >= progress.next]
        if ahead and min(ahead) > progress.next:
            self._leap(course, place, (progress.next, min(ahead)), low)

    def _leap(self, course: Course, place: Place, gap: Gap, low: int) -> None:
        first, after = gap
        if first < low:
            self._tell("removed", place, (first, min(low, after)))
        left = (max(first, low), after)
        if left[0] < left[1] and (there := self._first_of(place, left)) is not None:
            course.gaps[place] = (there, after)
            self._tell("skipped", place, (there, after))

    def _first_of(self, place: Place, gap: Gap) -> int | None:
        """Return the first record in a gap, if there is any."""
        assert self._topics is not None
        topic, partition = place
        is_small = gap[1] - gap[0] == 1
        if is_small and topic in self._marked:
            return None  # a topic with transactions has such gaps all the time
        first = self._topics.first_from(topic, partition, gap[0])
        if first is not None and first < gap[1]:
            return first
        if is_small:
            self._marked.add(topic)
        return None

    def _tell(self, reason: str, place: Place, gap: Gap) -> None:
        if (place, gap) not in self._told:  # a unit of work may run several times
            self._told.add((place, gap))
            metrics.LOST.labels(self._function, place[0], reason).inc(gap[1] - gap[0])
            log.error(
                f"continuity.records_{reason}", **self._where(place), first=gap[0], last=gap[1] - 1
            )

    def _where(self, place: Place) -> Mapping[str, object]:
        return {"function": self._function, "topic": place[0], "partition": place[1]}


def _is_another(topic: Topic, progress: Progress | None) -> bool:
    """Whether what was handled was of a topic that is no more."""
    return bool(progress and progress.topic_id and topic.id and progress.topic_id != topic.id)
