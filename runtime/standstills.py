"""Has a consumer group begin again where daprd stands still for good.

daprd (1.16.5) stops reading a partition whose next offset is not there: the topic was deleted and
made again, or let go of the records before they were read. It says nothing, and a processor is busy
with it until the group is given its partitions anew. Where the new topic has grown past the old
offset by then, it goes on there, past all that lies before.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from runtime.continuity import Continuity
from runtime.errors import PlatformDown
from runtime.log import logger
from runtime.progress import Place
from runtime.service import Running
from runtime.settings import Settings
from runtime.topics import Topic

log = logger("standstills")


class Groups(Protocol):
    """The consumer groups of a broker."""

    def find(self, names: Sequence[str]) -> dict[str, Topic]:
        """Return those topics that exist, by name. Raises PlatformDown."""
        ...

    def committed(self, group: str, places: Iterable[Place]) -> dict[Place, int]:
        """Return the offsets that a group goes on at, where it has any. Raises PlatformDown."""
        ...

    def rewind(self, group: str, offsets: Mapping[Place, int]) -> bool:
        """Have a group go on at these offsets, and begin anew. False when it could not be had."""
        ...


#: By consumer group: the topics that it reads, and for which functions.
Readers = Mapping[str, Mapping[str, Sequence[Continuity]]]


class Standstills:
    """Looks after the groups of one service. What is read again by that is known as handled.

    `patience_seconds` is how long a group may stand at an offset that is not there. To be called
    every few seconds.
    """

    def __init__(
        self,
        groups: Groups,
        readers: Readers,
        patience_seconds: float,
    ) -> None:
        self._groups = groups
        self._readers = readers
        self._patience_seconds = patience_seconds
        #: The topics as they were, by group and name.
        self._ids: dict[tuple[str, str], str] = {}
        #: Since when a group stands at an offset that is not there.
        self._since: dict[tuple[str, Place, int], float] = {}

    def look(self) -> None:
        """Look once. An outage is not looked into: there is nothing to be seen."""
        try:
            for group, readers in self._readers.items():
                self._look(group, readers)
        except PlatformDown as error:
            log.debug("standstills.not_seen", reason=str(error))

    def _look(self, group: str, readers: Mapping[str, Sequence[Continuity]]) -> None:
        found = self._groups.find(list(readers))
        offsets = self._standing(group, found)
        for name, topic in found.items():
            passed_over = any(name in each.passed_over for each in readers[name])
            seen = [id for each in readers[name] if (id := each.topic_id(name))]
            before = self._ids.setdefault((group, name), (seen or [topic.id])[0])
            if passed_over or before != topic.id:
                offsets |= {(name, at): low for at, (low, _) in topic.ends.items()}
        if offsets and self._groups.rewind(group, offsets):
            log.warning("standstills.group_rewound", group=group, offsets=_listed(offsets))
            for name, topic in found.items():
                self._ids[group, name] = topic.id
                for each in readers[name]:
                    each.passed_over.discard(name)

    def _standing(self, group: str, found: Mapping[str, Topic]) -> dict[Place, int]:
        """Return where a group has stood for too long, and where it must go on."""
        now = time.monotonic()
        seen: dict[tuple[str, Place, int], float] = {}
        offsets: dict[Place, int] = {}
        places = [(name, at) for name, topic in found.items() for at in topic.ends]
        for place, offset in self._groups.committed(group, places).items():
            low, high = found[place[0]].ends[place[1]]
            if low <= offset <= high:
                continue
            spot = (group, place, offset)
            seen[spot] = self._since.get(spot, now)
            if now - seen[spot] >= self._patience_seconds:
                offsets[place] = low
        self._since = {s: at for s, at in self._since.items() if s[0] != group} | seen
        return offsets


def readers(service: Running, settings: Settings) -> Readers:
    """What the groups of a service read; they are called as in components/, after the app id."""
    app_id = settings.app_id or service.name
    found: dict[str, dict[str, list[Continuity]]] = {}
    for consumer in service.consumers:
        spec = consumer.spec
        group = f"{app_id}-tables" if spec.fills_table else app_id
        for name, topic in ((group, str(spec.trigger)), (f"{app_id}-retries", spec.retry_topic)):
            found.setdefault(name, {}).setdefault(topic, []).append(consumer.continuity)
    return found


def _listed(offsets: Mapping[Place, int]) -> list[str]:
    return [f"{topic}/{partition}: {offset}" for (topic, partition), offset in offsets.items()]
