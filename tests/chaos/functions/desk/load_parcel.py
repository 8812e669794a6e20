from runtime import Retries, Retry, Table, function
from tests.chaos.functions.parcel import BATCH, Load, Parcel, Seen, Total


@function(
    subscribes="parcels",
    publishes="loads",
    ordered=True,
    batch=BATCH,
    retries=Retries(attempts=1, later_seconds=(1,) * 200),
)
def load_parcel(parcel: Parcel, mailed: Table[Total], loaded: Table[Seen]) -> Load:
    """Load a parcel once its receipt is mailed; until then it waits, its later events behind it."""
    if parcel.id not in mailed:
        raise Retry(f"Nobody has written about {parcel.id} yet.")
    with loaded.edit(parcel.id, Seen) as seen:
        seen.add(parcel.number, parcel.grams)
    return Load(parcel.id, seen.chain)
