"""A consumer group that stands where nothing is begins again, and no other does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from runtime import FakeClock
from runtime.continuity import Continuity
from runtime.errors import PlatformDown
from runtime.handled import Handled
from runtime.progress import Place
from runtime.standstills import Standstills
from runtime.topics import Topic
from tests.runtime.making import NOON

SALES = ("sales", 0)


@dataclass
class Groups:
    """A broker with the topic `sales` of one partition, and the group `shop` on it."""

    id: str = "1"
    ends: tuple[int, int] = (0, 100)
    offset: int | None = 50
    rewound: list[dict[Place, int]] = field(default_factory=list)
    is_away: bool = False
    is_stubborn: bool = False

    def find(self, names: Sequence[str]) -> dict[str, Topic]:
        if self.is_away:
            raise PlatformDown("gone")
        return {"sales": Topic(self.id, {0: self.ends})} if self.id else {}

    def committed(self, group: str, places: Iterable[Place]) -> dict[Place, int]:
        return {SALES: self.offset} if self.offset is not None and SALES in places else {}

    def rewind(self, group: str, offsets: Mapping[Place, int]) -> bool:
        if not self.is_stubborn:
            self.rewound.append(dict(offsets))
        return not self.is_stubborn


@pytest.fixture
def groups() -> Groups:
    return Groups()


@pytest.fixture
def continuity() -> Continuity:
    return Continuity("shop.count", Handled("count", 60), None, FakeClock())


@pytest.fixture
def standstills(groups: Groups, continuity: Continuity) -> Standstills:
    return Standstills(groups, {"shop": {"sales": [continuity]}}, 0)


@pytest.mark.parametrize("offset", [0, 50, 100, None])
def test_a_group_that_is_on_its_topic_is_left_alone(
    groups: Groups, standstills: Standstills, offset: int | None
) -> None:
    groups.offset = offset
    for _ in range(3):
        standstills.look()

    assert groups.rewound == []


@pytest.mark.parametrize("offset", [9, 101])
def test_a_group_at_an_offset_that_is_not_there_goes_on_at_the_first_one(
    groups: Groups, standstills: Standstills, offset: int
) -> None:
    groups.ends, groups.offset = (10, 100), offset
    standstills.look()

    assert groups.rewound == [{SALES: 10}]


def test_a_group_has_some_time_to_work_off_what_it_has_fetched(
    groups: Groups, continuity: Continuity
) -> None:
    standstills = Standstills(groups, {"shop": {"sales": [continuity]}}, 3600)
    groups.ends, groups.offset = (10, 100), 5
    standstills.look()
    standstills.look()

    assert groups.rewound == []


def test_a_group_that_moves_is_left_alone_behind_the_first_record_too(
    groups: Groups, continuity: Continuity
) -> None:
    standstills = Standstills(groups, {"shop": {"sales": [continuity]}}, 1e-9)
    groups.ends = (10, 100)
    for groups.offset in (5, 6, 7):
        standstills.look()

    assert groups.rewound == []


def test_a_topic_that_was_made_anew_is_read_from_its_start(
    groups: Groups, standstills: Standstills
) -> None:
    standstills.look()
    groups.id, groups.ends, groups.offset = "2", (0, 70), 60
    standstills.look()
    standstills.look()

    assert groups.rewound == [{SALES: 0}]


def test_a_topic_that_was_made_anew_before_the_first_look_is_read_from_its_start(
    groups: Groups, standstills: Standstills, continuity: Continuity
) -> None:
    continuity._believed["sales"] = (NOON, Topic("1", {}))
    groups.id = "2"
    standstills.look()
    standstills.look()

    assert groups.rewound == [{SALES: 0}]


def test_a_topic_that_is_gone_is_waited_for(groups: Groups, standstills: Standstills) -> None:
    standstills.look()
    groups.id = ""
    standstills.look()
    groups.id = "2"
    standstills.look()

    assert groups.rewound == [{SALES: 0}]


def test_a_topic_whose_start_was_passed_over_is_read_from_its_start(
    groups: Groups, standstills: Standstills, continuity: Continuity
) -> None:
    continuity.passed_over.add("sales")
    standstills.look()
    standstills.look()

    assert groups.rewound == [{SALES: 0}]


def test_each_group_of_a_topic_begins_again(groups: Groups, continuity: Continuity) -> None:
    readers = {"shop": {"sales": [continuity]}, "shop-tables": {"sales": [continuity]}}
    standstills = Standstills(groups, readers, 0)
    standstills.look()
    groups.id = "2"
    standstills.look()

    assert groups.rewound == [{SALES: 0}, {SALES: 0}]


def test_a_group_that_could_not_be_had_is_tried_again(
    groups: Groups, standstills: Standstills
) -> None:
    standstills.look()
    groups.id, groups.is_stubborn = "2", True
    standstills.look()
    groups.is_stubborn = False
    standstills.look()

    assert groups.rewound == [{SALES: 0}]


def test_an_outage_is_not_looked_into(groups: Groups, standstills: Standstills) -> None:
    standstills.look()
    groups.id, groups.is_away = "2", True
    standstills.look()

    assert groups.rewound == []
