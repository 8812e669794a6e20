"""Who takes part.

sluice       this runtime: the product's own function in a service process
quickstart   Dapr's quickstart style on the same daprd, broker and store, and its best form
bare         a loop over confluent-kafka: the limit of what Python and this broker can do
base         what a contestant is
"""

from __future__ import annotations

from collections.abc import Sequence

from local.bench.contestants import bare, quickstart, sluice
from local.bench.contestants.base import Contestant
from local.errors import Misuse, nearest

#: In the order in which they run.
PEERS: Sequence[Contestant] = (
    quickstart.PLAIN,
    quickstart.BEST,
    bare.PLAIN,
    bare.TRANSACTIONS,
)
SLUICE = sluice.ON_DAPR


def choose(names: Sequence[str] | None) -> list[Contestant]:
    """Return Sluice and the peers of these names; all peers when None. Raises Misuse."""
    known = {peer.name: peer for peer in PEERS}
    for name in names or ():
        if name not in known:
            raise Misuse(f"There is no peer {name!r}. {nearest(name, known)}")
    return [SLUICE, *(peer for peer in PEERS if names is None or peer.name in names)]
