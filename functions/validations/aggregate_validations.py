"""order-validations -> orders: is the order decided by this answer?"""

from __future__ import annotations

from functions.domain.checks import OrderValidation, ValidationResult
from functions.domain.order import Order
from functions.domain.tally import Tally
from functions.validations.together import ANSWERS, published
from runtime import Event, Outgoing, Table, function


@function(
    subscribes="order-validations",
    publishes={"orders": Order},
    when=lambda validation: validation.validation_result is not ValidationResult.ERROR,
    reads={"tallies": lambda validation: [validation.order_id]},
)
def aggregate_validations(
    validation: OrderValidation, event: Event, tallies: Table[Tally]
) -> Outgoing | None:
    """Publish the order VALIDATED when all checks passed, FAILED at the first FAIL, with why.

    Order and answer belong together when their event times are at most five minutes apart. Of each
    check the first answer stands. ERROR is no answer: the order stays open, and the check may
    still answer PASS or FAIL. The decision carries the order as it was created, its other fields
    unchanged; a FAILED one has a `reason` besides.

    An order is decided once, so a second delivery of an answer publishes nothing. An answer may
    come before its order: then `open_tally` decides.
    """
    with tallies.edit(validation.order_id, default=Tally) as tally:
        tally.add(validation, event.time, ANSWERS.holds)
        return published(tally.decide(ANSWERS.holds))
