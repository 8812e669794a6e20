from runtime import Table, function
from tests.chaos.functions.parcel import BATCH, Open, Parcel, Seen, Weight


@function(subscribes="parcels", publishes="weights", batch=BATCH)
def weigh_parcel(parcel: Parcel, scales: Table[Seen], open: Table[Open]) -> Weight:
    """Weigh a parcel, and let it be closed when this was its last event."""
    with scales.edit(parcel.id, Seen) as seen:
        seen.add(parcel.number, parcel.grams)
    if parcel.last:
        with open.edit("all", Open) as waiting:
            waiting.ids.append(parcel.id)
    return Weight(parcel.run, parcel.id, parcel.number, parcel.grams, parcel.last)
