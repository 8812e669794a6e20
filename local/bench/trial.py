"""One contestant, one round: warm it up, take its latency, its throughput, and check its work."""

from __future__ import annotations

from dataclasses import dataclass

from local.bench import latency, throughput
from local.bench.arena import Arena
from local.bench.contestants.base import Contestant
from local.bench.kafka_ends import KafkaEnds
from local.bench.results import Results
from local.bench.sample import Sample
from local.bench.workload import Workload
from local.cluster.progress import Progress

#: The first events open connections and fill caches; they are checked but not measured.
_WARM_UP = 200


@dataclass(frozen=True)
class Size:
    """How much is measured in a round: events of a contestant with share 1, and the rest."""

    events: int = 60_000
    latencies: int = 1_000
    requests: int = 10_000
    #: At half of the maximum rate.
    half_seconds: float = 10.0

    def of(self, contestant: Contestant) -> int:
        """The events for this contestant."""
        return max(1, round(self.events * contestant.share))

    def at(self, rate: float) -> int:
        """The events to send at half of the maximum rate, which is `rate` a second."""
        return max(1, round(self.half_seconds * rate))


def run(arena: Arena, contestant: Contestant, round: int, size: Size, tell: Progress) -> Sample:
    """Run one trial. Raises Failure when results stay out; the logs are in the arena's folder."""
    name = f"{contestant.name}-{arena.token}-{round}"
    count = size.of(contestant)
    tell(contestant.name, "starting")
    with contestant.enter(arena, name) as entry, Results(arena, entry.results) as results:
        workload = Workload(name, entry.orders, contestant.products)
        arena.publish(workload.orders(min(_WARM_UP, count)))
        results.wait_for(workload.made, entry.alive)
        tell(contestant.name, f"{size.latencies:,} events at {latency.RATE} a second")
        ends = KafkaEnds(arena.cluster.kafka, entry.results)
        taken_ms = latency.measure(ends, workload.orders(size.latencies))
        tell(contestant.name, f"{count:,} events at once")
        orders = workload.orders(count)
        meter = throughput.Meter(arena, entry.app, entry.sidecar)
        began, cpu = throughput.measure(arena, meter, results, orders, workload.made, entry.alive)
        answers = results.read(workload.made, entry.alive)
        seconds, half_ms = answers.last - began, []
        if contestant.ours:
            rate = count / seconds / 2
            tell(contestant.name, f"{size.at(rate):,} events at {rate:,.0f} a second, half of that")
            ends = KafkaEnds(arena.cluster.kafka, entry.results)
            half_ms = latency.measure(ends, workload.orders(size.at(rate)), rate)
            answers = results.read(workload.made, entry.alive)
        checked = answers.check(workload.made, entry.reserved())
    sample = Sample(contestant.name, round, count, seconds, cpu, checked, taken_ms, half_ms)
    tell(contestant.name, f"{sample.rate:,.0f} events/s, {checked.results:,} results checked")
    return sample
