from runtime import Table, function
from tests.chaos.functions.parcel import BATCH, Seen, Total, Weight


@function(subscribes="weights", batch=BATCH)
def count_weights(weight: Weight, totals: Table[Total], counted: Table[Seen]) -> None:
    """Add a weight to what its run weighs, and to what its parcel weighs."""
    with totals.edit(weight.run, Total) as total:
        total.events += 1
        total.grams += weight.grams
    with counted.edit(weight.id, Seen) as seen:
        seen.add(weight.number, weight.grams)
