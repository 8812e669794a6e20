from runtime import Outgoing, Table, function
from tests.chaos.functions.parcel import Closing, Open


@function(every="1s", publishes="closings")
def close_parcels(open: Table[Open]) -> list[Outgoing] | None:
    """Close what waits to be closed."""
    waiting = open.get("all")
    if waiting is None or not waiting.ids:
        return None
    open.put("all", Open())
    return [Outgoing(Closing(id), id=f"closed-{id}") for id in waiting.ids]
