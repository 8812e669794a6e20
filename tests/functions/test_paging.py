"""Pages for clients: what is wanted, newest first, without searching for ever."""

from __future__ import annotations

import pytest

from functions.paging import MOST_SEARCHED, search
from runtime import Reject, Table

NUMBERS = Table({str(n): n for n in range(20)})


def test_a_page_ends_with_the_mark_of_the_next():
    found, mark = search(NUMBERS, lambda n: n % 2 == 0, 3, None)
    more, _ = search(NUMBERS, lambda n: n % 2 == 0, 3, mark)

    assert (found, more) == ([18, 16, 14], [12, 10, 8])


def test_the_last_page_has_no_mark():
    assert search(NUMBERS, lambda n: n < 2, 3, None) == ([1, 0], None)


def test_a_rare_row_is_not_searched_for_through_everything():
    many = Table({str(n): n for n in range(MOST_SEARCHED + 10)})

    found, mark = search(many, lambda n: n == 3, 500, None)

    assert found == []
    assert search(many, lambda n: n == 3, 500, mark) == ([3], None)


@pytest.mark.parametrize("limit", [0, -1, 501])
def test_a_limit_out_of_bounds_is_400(limit):
    with pytest.raises(Reject, match="expected a number from 1 to 500") as refused:
        search(NUMBERS, bool, limit, None)

    assert (refused.value.status, refused.value.field) == (400, "limit")
