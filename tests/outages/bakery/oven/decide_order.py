from runtime import Table, function
from tests.outages.bakery.order import Decision, Order, Stock


@function(
    subscribes="cake-orders",
    publishes="cake-decisions",
    reads={"stock": lambda order: [order.cake]},
)
def decide_order(order: Order, stock: Table[Stock]) -> Decision:
    """Reserve one cake."""
    with stock.edit(order.cake, default=Stock) as cake:
        cake.reserved += 1
    return Decision(order.id)
