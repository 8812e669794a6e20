"""What is to be measured: the rates with their peers, and which of the measures beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from local.bench.contestants.sluice import EMBEDDED_VARIANTS, VARIANTS
from local.bench.measures import MEASURES
from local.bench.measures.base import Extent, Measure
from local.bench.trial import Size
from local.errors import Misuse, nearest

#: Events per second, latency and requests per second, with the peers.
RATES = "rates"

#: Of a part that is not measured on a cluster, or only there.
_ELSEWHERE = {
    True: "measured on the embedded engine only; leave --cluster away",
    False: "measured on a cluster only; add --cluster",
}

_QUICK = Extent(starts=1, clients=50, decisions=20, history=5_000, services=1)


@dataclass(frozen=True)
class Plan:
    """Which parts of the bench run."""

    rates: bool = True
    measures: Sequence[Measure] = ()
    extent: Extent = field(default_factory=Extent)
    #: Sluice again, in other circumstances: names of `contestants.sluice`.
    variants: Sequence[str] = ()


#: What somebody wants who compares rates, and nothing else.
ONLY_RATES = Plan()


def choose(only: Sequence[str] | None, extent: Extent, *, cluster: bool) -> Plan:
    """Plan the parts of these names, or all there are on the platform. Raises Misuse."""
    here = {
        measure.name: measure
        for measure in MEASURES
        if (measure.on_cluster if cluster else measure.on_embedded) is not None
    }
    variants = VARIANTS if cluster else EMBEDDED_VARIANTS
    known = {RATES, *VARIANTS, *(measure.name for measure in MEASURES)}
    for name in only or ():
        if name not in known:
            raise Misuse(f"There is no part {name!r} of the bench. {nearest(name, known)}")
        if name not in {RATES, *variants, *here}:
            raise Misuse(f"{name!r} is {_ELSEWHERE[cluster]}.")
    wanted = known if only is None else set(only)
    return Plan(
        RATES in wanted,
        [here[name] for name in here if name in wanted],
        extent,
        [name for name in variants if name in wanted],
    )


def extent(size: Size, rounds: int, history: int | None, quick: bool) -> Extent:
    """How much the measures do: as many events and requests as the rates."""
    usual = _QUICK if quick else Extent()
    return replace(
        usual,
        history=history or usual.history,
        events=size.events,
        requests=size.requests,
        rounds=rounds,
    )
