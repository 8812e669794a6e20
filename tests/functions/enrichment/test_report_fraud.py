"""report_fraud: who has ordered too often, the latest first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.domain.customer import CustomerRow
from functions.domain.suspicion import Suspect, Suspects
from functions.enrichment.report_fraud import report_fraud
from runtime import Reject, Table, wire
from tests.functions.making import NOON


def suspect(customer: str, counts: int, minutes: int = 0) -> Suspect:
    return Suspect(customer, counts, NOON + timedelta(minutes=minutes))


PAGES = Table(
    {
        "0": Suspects([suspect("1", 3, 2), suspect("2", 7, 1)]),
        "3": Suspects([suspect("1", 4, 2), suspect("2", 9, 0), suspect("3", 5, 2)]),
    }
)
ADA = CustomerRow("1", "Ada", "Moss")


def test_answers_each_customer_once_the_latest_window_first():
    found = report_fraud(PAGES, Table({"1": ADA}))

    assert [(entry.customer_id, entry.counts) for entry in found] == [("3", 5), ("1", 4), ("2", 7)]


def test_an_entry_says_who_it_is_as_known_just_now():
    found = report_fraud(PAGES, Table({"1": ADA}))

    assert wire.encode(found[1]) == (
        b'{"customerId":"1","lastName":"Moss","firstName":"Ada","counts":4}'
    )
    assert (found[0].last_name, found[0].first_name) == ("", "")


def test_answers_as_many_as_asked_for():
    assert len(report_fraud(PAGES, Table({}), limit=2)) == 2
    assert report_fraud(Table({}), Table({})) == []


@pytest.mark.parametrize("limit", [0, -1, 501])
def test_a_limit_out_of_bounds_is_400(limit):
    with pytest.raises(Reject, match="expected a number from 1 to 500"):
        report_fraud(PAGES, Table({}), limit)
