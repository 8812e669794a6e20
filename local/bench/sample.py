"""What one trial of one contestant found."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cpu:
    """Processor seconds; `platform` is Kafka and PostgreSQL, which all contestants share."""

    app: float = 0.0
    sidecar: float = 0.0
    platform: float = 0.0


@dataclass(frozen=True)
class Checked:
    """Are the results right? All numbers but `results` should be 0."""

    results: int
    missing: int = 0
    doubled: int = 0
    #: Results that do not say PASS: there is enough of everything.
    wrong: int = 0
    #: Reservations that the stock does not show. None where it cannot be looked at.
    lost_updates: int | None = 0

    @property
    def right(self) -> bool:
        """All results are there once, and no update was lost."""
        return not (self.missing or self.doubled or self.wrong or self.lost_updates)


@dataclass(frozen=True)
class Sample:
    """One trial: `events` in `seconds`, and the milliseconds each event took at lower rates.

    `latencies_ms` are those at the low rate, `half_ms` at half of the rate of this very trial.
    """

    contestant: str
    round: int
    events: int
    seconds: float
    cpu: Cpu
    checked: Checked
    latencies_ms: list[float] = field(default_factory=list)
    half_ms: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Events per second."""
        return self.events / self.seconds


@dataclass(frozen=True)
class Posted:
    """One round of HTTP requests: `rate` a second; `kept` are those on the log afterwards."""

    round: int
    requests: int
    rate: float
    cpu_seconds: float
    kept: int
