from runtime import Table, function
from tests.outages.bakery.order import Decision, Taken


@function(subscribes="cake-decisions", reads={"taken": lambda decision: [decision.order_id]})
def remember_decision(decision: Decision, taken: Table[Taken]) -> None:
    """Count the decision, of an order that came by HTTP or straight from the topic."""
    with taken.edit(decision.order_id, default=Taken) as order:
        order.decisions += 1
