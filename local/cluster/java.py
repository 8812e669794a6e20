"""How the members run that are Java programs."""

from __future__ import annotations

#: Code is compiled once and fast, and never again and well. What a member is asked for here does
#: not pay that back, and others need the processor: of the 48 s that a broker took in its first
#: five minutes, 20 were the second compiler's (docs/performance.md).
QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
