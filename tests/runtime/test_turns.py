"""Threads have their turns one at a time, in the order in which they asked."""

from __future__ import annotations

import threading

import pytest

from runtime.turns import Turns
from tests.waiting import wait_until


def test_one_at_a_time() -> None:
    turns, inside, most = Turns(), 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(200):
            with turns.turn():
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (most, inside) == (1, 0)


def test_who_takes_it_again_and_again_lets_the_others_have_it_in_between() -> None:
    turns, order = Turns(), []

    def wait(name: str) -> None:
        with turns.turn():
            order.append(name)

    others = [threading.Thread(target=wait, args=[name]) for name in "ab"]
    with turns.turn():
        for number, thread in enumerate(others):
            thread.start()
            wait_until(lambda n=number: len(turns._waiting) == n + 1)  # type: ignore[misc]
    with turns.turn():
        order.append("again")
    for thread in others:
        thread.join()

    assert order == ["a", "b", "again"]


def test_a_failure_inside_lets_go_of_it() -> None:
    turns = Turns()
    with pytest.raises(OSError, match="busy"), turns.turn():
        raise OSError("busy")

    with turns.turn():
        pass


def test_who_is_ahead_comes_before_all_who_wait_and_not_before_who_has_the_turn() -> None:
    turns, order = Turns(), []

    def wait(name: str, ahead: bool) -> None:
        with turns.turn(ahead=ahead):
            order.append(name)

    others = [threading.Thread(target=wait, args=each) for each in (("a", False), ("b", True))]
    with turns.turn():
        for number, thread in enumerate(others):
            thread.start()
            wait_until(lambda n=number: len(turns._waiting) == n + 1)  # type: ignore[misc]
        order.append("first")
    for thread in others:
        thread.join()

    assert order == ["first", "b", "a"]


def test_one_that_nobody_has_can_be_had_without_waiting() -> None:
    turns = Turns()
    with turns.turn_if_free() as first, turns.turn_if_free() as second:
        assert (first, second) == (True, False)

    with turns.turn_if_free() as again:
        assert again


def test_who_comes_while_it_is_had_without_waiting_is_next() -> None:
    turns, order = Turns(), []

    def wait() -> None:
        with turns.turn():
            order.append("next")

    thread = threading.Thread(target=wait)
    with turns.turn_if_free():
        thread.start()
        wait_until(lambda: len(turns._waiting) == 1)
        order.append("first")
    thread.join()

    assert order == ["first", "next"]
