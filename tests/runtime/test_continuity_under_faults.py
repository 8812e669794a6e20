"""Whatever happens to a topic and to those who read it, nothing goes missing unseen."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.continuity import BELIEVED
from tests.runtime.making import NOON_MS, Shop
from tests.runtime.sales_log import HOUR_MS, UNWANTED, Ledger, Log, count


class Reader:
    """A reader that is set elsewhere, of a topic that everything happens to."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data
        self.log = Log()
        self.shop = Shop(count, topics=self.log)
        self.other = self.shop.another_process()
        self.position = 0
        self.names = (f"p{number}" for number in range(1000))
        #: What was ever written to the topic as it is now.
        self.written: list[str] = []
        self.has_marks, self.untold = False, 0
        self.append()
        self.shop.deliver(*self.log.read())

    def append(self) -> None:
        wanted = self.data.draw(st.lists(st.booleans(), min_size=1, max_size=5))
        names = [next(self.names) if is_wanted else UNWANTED for is_wanted in wanted]
        age = self.data.draw(st.sampled_from([-HOUR_MS, 0, HOUR_MS]))
        self.log.append(*names, at_ms=NOON_MS + age)
        self.written += [name for name in names if name != UNWANTED]

    def mark(self) -> None:
        self.log.mark()
        self.has_marks = True

    def read(self) -> None:
        found = self.log.read(self.position)[: self.data.draw(st.integers(1, 5))]
        if found:
            self.shop.deliver(*found)
            self.position = found[-1].offset + 1

    def remove(self) -> None:
        self.log.remove(self.data.draw(st.integers(self.log.low, self.log.high)))

    def make_anew(self) -> None:
        self.log.make_anew()
        self.written = []
        if self.data.draw(st.booleans()):
            self.shop.clock.advance(BELIEVED.total_seconds())
        if self.data.draw(st.booleans()):
            self.position = 0

    def begin_again(self) -> None:
        self.position = 0

    def go_past(self) -> None:
        self.untold += self.has_marks  # one record may look like a mark: docs/why.md
        self.position = self.data.draw(
            st.integers(self.position, max(self.position, self.log.high))
        )

    def write_progress(self) -> None:
        self.shop.consumer.write_progress(0)

    def hand_over(self) -> None:
        """Let the other replica have the partition."""
        if self.shop.consumer.continuity.topic_id("sales") == str(self.log.id):
            self.shop.consumer, self.other = self.other, self.shop.consumer

    def restart(self) -> None:
        # One that ends before it has noticed another topic may do things twice: docs/why.md.
        if self.shop.consumer.continuity.topic_id("sales") == str(self.log.id):
            self.shop.restart()


@settings(deadline=None, max_examples=300)  # a busy machine is no failure
@given(st.data())
def test_whatever_happens_to_a_topic_its_records_are_handled_once_or_told(
    data: st.DataObject,
) -> None:
    reader, lost = Reader(data), Ledger()
    what = [
        reader.append,
        reader.read,
        reader.mark,
        reader.remove,
        reader.make_anew,
        reader.begin_again,
        reader.go_past,
        reader.write_progress,
        reader.restart,
        reader.hand_over,
    ]
    happened = [data.draw(st.sampled_from(what)) for _ in range(data.draw(st.integers(1, 30)))]
    for happens in happened:
        happens()
    reader.append()
    reader.log.append("last")
    reader.written.append("last")
    reader.shop.clock.advance(BELIEVED.total_seconds())
    reader.shop.deliver(*reader.log.read())

    sold = {name: reader.shop.sold(name) for name in reader.written}
    there = {msgspec.json.decode(one.value)["product"] for one in reader.log.read()} - {UNWANTED}
    assert max(sold.values()) == 1
    assert all(sold[name] == 1 for name in there)
    missing = list(sold.values()).count(0)
    assert missing <= lost["removed"] + lost["skipped"] + reader.untold
    if not {reader.remove, reader.make_anew, reader.go_past} & set(happened):
        assert (lost["removed"], lost["skipped"]) == (0, 0)
