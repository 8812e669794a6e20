"""The bodies of requests: as much of one as is allowed, and no longer than it may take."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from flask import Response as Answer

from runtime.gate import DELIVERIES, Gate, Holding, too_large
from runtime.problems import problem

#: So much of a body that is refused is read and thrown away, as long as more of it comes within so
#: many seconds: a client that is still sending when the connection is closed sees that, and not
#: the answer.
MOST_DRAINED_BYTES = 64 * 1024 * 1024
DRAINING_SECONDS = 0.5


class Bodies:
    """Reads the bodies that a gate lets in; one that takes longer than `patience_seconds` ends."""

    def __init__(self, gate: Gate, patience_seconds: float) -> None:
        self._gate = gate
        self._patience_seconds = patience_seconds

    async def read(
        self, path: str, parts: AsyncIterator[bytes], holding: Holding
    ) -> bytes | Answer:
        """Read a body, or refuse it; its length need not have been said, and need not be true."""
        most, delivered = self._gate.most_bytes(path), path.startswith(DELIVERIES)
        read, size = [], 0
        try:
            async with asyncio.timeout(self._patience_seconds):
                async for part in parts:
                    size += len(part)
                    if size > most:
                        return too_large(most)
                    if not delivered and not holding.take(len(part)):
                        return problem(503, "Too much is being sent already.", retry_after="1")
                    read.append(part)
        except TimeoutError:
            return problem(408, f"The body did not come in {self._patience_seconds:g} s.")
        return b"".join(read)

    async def drain(self, declared_bytes: int, parts: AsyncIterator[bytes]) -> None:
        """Throw the rest of a refused body away, as far as that is a matter of moments."""
        if declared_bytes > MOST_DRAINED_BYTES:
            return
        size = 0
        with contextlib.suppress(TimeoutError, StopAsyncIteration):
            async with asyncio.timeout(self._patience_seconds):
                while size <= MOST_DRAINED_BYTES:
                    size += len(await asyncio.wait_for(anext(parts), DRAINING_SECONDS))


async def parts_of(protocol: Any) -> AsyncIterator[bytes]:
    """The body as it comes; granian's own iterator can be begun once only."""
    async for part in protocol:
        yield part
