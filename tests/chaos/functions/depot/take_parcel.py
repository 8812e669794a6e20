from runtime import Response, Table, function
from tests.chaos.functions.parcel import Parcel, Total


@function(http="POST /v1/parcels", publishes="parcels")
def take_parcel(parcel: Parcel, taken: Table[Total]) -> Response:
    """Take a parcel; the same one again is taken already."""
    if parcel.id in taken:
        return Response(200)
    taken.put(parcel.id, Total(1, parcel.grams))
    return Response(201, publish=[parcel])
