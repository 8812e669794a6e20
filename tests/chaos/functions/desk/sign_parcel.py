from runtime import Table, function
from tests.chaos.functions.parcel import BATCH, Parcel, Total


@function(subscribes="parcels", batch=BATCH, unique=lambda parcel: f"{parcel.id}/{parcel.number}")
def sign_parcel(parcel: Parcel, signed: Table[Total]) -> None:
    """Sign for every event of a parcel once, under whatever id it comes."""
    with signed.edit(parcel.id, Total) as total:
        total.events += 1
        total.grams += parcel.grams
