from runtime import Retries, Table, function
from tests.chaos.functions.parcel import BATCH, Parcel, Total
from tests.chaos.functions.repairs import Repairs


class Broken(Exception):
    """Nobody can look at this parcel."""


@function(
    subscribes="parcels",
    batch=BATCH,
    retries=Retries(attempts=2, first_seconds=0.01, later_seconds=()),
)
def look_at_parcel(parcel: Parcel, looked: Table[Total], repairs: Repairs) -> None:
    """Count the parcels that are whole; a broken one is a dead letter until it is repaired."""
    with looked.edit(parcel.id, Total) as total:
        total.events += 1
        total.grams += parcel.grams
    if parcel.broken and not repairs.done(parcel.run):
        raise Broken(f"Event {parcel.number} is broken.")
