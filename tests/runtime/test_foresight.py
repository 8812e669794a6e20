"""What was asked for late is expected the next time, of its lane and not for ever."""

from runtime.foresight import MOST_KEYS, Foresight


def test_nothing_is_expected_at_first():
    assert list(Foresight().expected("orders-1")) == []


def test_what_was_asked_for_late_is_expected_from_then_on():
    foresight = Foresight()
    foresight.learn("orders-1", ["orders.pages/orders-1"])
    foresight.learn("orders-1", [])

    assert list(foresight.expected("orders-1")) == ["orders.pages/orders-1"]
    assert list(foresight.expected("orders-2")) == []


def test_the_keys_that_were_late_last_are_those_that_stay():
    foresight = Foresight()
    keys = [f"timers/{number}" for number in range(MOST_KEYS + 2)]
    for key in keys:
        foresight.learn("orders-1", [key])
    foresight.learn("orders-1", [keys[2], keys[2]])

    assert list(foresight.expected("orders-1")) == [*keys[3:], keys[2]]
