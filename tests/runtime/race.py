"""Six threads decode into a type that no thread has used before, again and again.

A process of its own, because what it looks for ends the process.
"""

from __future__ import annotations

import sys
import threading

import msgspec

from runtime import wire

ROUNDS = 100
RAW = b'{"id": "1", "lines": [{"product": "A", "quantity": 1}], "by": {"A": {"product": "A"}}}'


def main() -> None:
    """Write "whole" when every thread of every round had its answer."""
    sys.setswitchinterval(1e-6)
    for number in range(ROUNDS):
        line = msgspec.defstruct(f"Line{number}", [("product", str), ("quantity", int, 0)])
        order = msgspec.defstruct(
            f"Order{number}", [("id", str), ("lines", list[line]), ("by", dict[str, line])]
        )
        together = threading.Barrier(6)
        threads = [threading.Thread(target=_use, args=(together, order, n)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    sys.stdout.write("whole\n")


def _use(together: threading.Barrier, wanted: type, number: int) -> None:
    together.wait()
    if number % 2:
        wire.decode(RAW, wanted)
    else:
        wire.convert(msgspec.json.decode(RAW), wanted)


if __name__ == "__main__":
    main()
