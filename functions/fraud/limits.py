"""From which total on, and after which pause, do we think of fraud?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from functions.domain.setting import positive
from runtime.windows import SessionWindows


@dataclass(frozen=True)
class FraudLimits:
    """SLUICE_FRAUD_LIMIT (2000) and SLUICE_FRAUD_GAP_SECONDS (3600).

    `limit` is the first total of a session that FAILs.
    """

    limit: Decimal = Decimal(2000)
    windows: SessionWindows = field(default_factory=lambda: SessionWindows(timedelta(hours=1)))

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> FraudLimits:
        """Read the settings; raises ValueError naming a wrong one."""
        gap = positive(environ, "SLUICE_FRAUD_GAP_SECONDS", "3600")
        return cls(
            limit=positive(environ, "SLUICE_FRAUD_LIMIT", "2000"),
            windows=SessionWindows(timedelta(seconds=float(gap))),
        )
