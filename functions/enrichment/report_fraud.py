"""GET /v1/fraud: who has ordered suspiciously often?"""

from __future__ import annotations

from msgspec import Struct

from functions.domain.customer import CustomerRow
from functions.domain.suspicion import Suspects, ranked
from functions.enrichment.often import PAGES, page_of
from functions.paging import check_limit
from runtime import Table, function


class FraudEntry(Struct, frozen=True, rename="camel"):
    """A customer, and how many orders they placed in one window."""

    customer_id: str
    last_name: str
    first_name: str
    counts: int


@function(http="GET /v1/fraud")
def report_fraud(
    suspects: Table[Suspects], customers: Table[CustomerRow], limit: int = 10
) -> list[FraudEntry]:
    """Answer the customers with more than two orders in one window of 30 s.

    Each of them once, with the latest window in which that was so, the latest first. `limit` is
    from 1 to 500. A customer nobody knows stands there without a name.
    """
    check_limit(limit)
    pages = suspects.get_many(page_of(number) for number in range(PAGES))
    found = ranked(suspect for page in pages.values() for suspect in page.latest)[:limit]
    known = customers.get_many(suspect.customer_id for suspect in found)
    nobody = CustomerRow("")
    return [
        FraudEntry(
            suspect.customer_id,
            (customer := known.get(suspect.customer_id, nobody)).last_name,
            customer.first_name,
            suspect.counts,
        )
        for suspect in found
    ]
