"""Who takes part in a run: Sluice, and the peers that were asked for."""

from __future__ import annotations

from collections.abc import Sequence

from local.bench.contestants import bare, faststream, faust, on_dapr, quix, sluice
from local.bench.contestants.base import Contestant
from local.bench.environment import Environment, EnvironmentMissing, environment
from local.cluster.progress import Progress
from local.errors import Misuse, nearest

#: In the order in which they run.
PEERS: Sequence[Contestant] = (
    on_dapr.QUICKSTART,
    on_dapr.QUICKSTART_BEST,
    on_dapr.BARE,
    faststream.EVENTS,
    faststream.AUTO_COMMIT,
    faststream.BATCHES,
    quix.AT_LEAST_ONCE,
    quix.EXACTLY_ONCE,
    faust.AGENT,
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


def enlist(
    names: Sequence[str] | None, tell: Progress, place: Environment | None = None
) -> tuple[list[Contestant], list[str]]:
    """Choose, and make the environment that some of them need; also what is to be said of it.

    Where it cannot be made, peers that nobody named are left out, and that is said. For one that
    was named EnvironmentMissing is raised.
    """
    chosen = choose(names)
    needy = [each.name for each in chosen if each.libraries]
    if not needy:
        return chosen, []
    try:
        (place or environment()).make(tell)
    except EnvironmentMissing as missing:
        if names is not None:
            raise
        said = f"Left out: {', '.join(needy)}. {missing}"
        tell("peers", said)
        return [each for each in chosen if not each.libraries], [said]
    return chosen, []
