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
#: A body of this length is counted before it has come, and read at once. Were it a longer one,
#: clients that announce much and send nothing could leave no room for the others.
SMALL_BYTES = 16 * 1024


class Bodies:
    """Reads the bodies that a gate lets in; one that takes longer than `patience_seconds` ends."""

    def __init__(self, gate: Gate, patience_seconds: float) -> None:
        self._gate = gate
        self._patience_seconds = patience_seconds

    async def read(self, scope: Any, protocol: Any, holding: Holding) -> bytes | Answer:
        """Read a body, or refuse it; its length need not have been said."""
        declared, in_pieces = (
            scope.headers.get(name) for name in ("content-length", "transfer-encoding")
        )
        if declared is None and in_pieces is None:
            return b""
        # One that has both comes in pieces, and its length need not be true (RFC 9112, 6.3).
        small = declared is not None and in_pieces is None and int(declared) <= SMALL_BYTES
        try:
            async with asyncio.timeout(self._patience_seconds):
                if small and holding.take(int(declared)):
                    whole: bytes = await protocol()
                    return whole
                return await self._read_parts(scope, _parts(protocol), holding)
        except TimeoutError:
            return problem(408, f"The body did not come in {self._patience_seconds:g} s.")

    async def throw_away(self, scope: Any, protocol: Any) -> None:
        """Read the body of a request that is refused, as far as that is a matter of moments."""
        await self._drain(scope, _parts(protocol))

    async def _read_parts(
        self, scope: Any, parts: AsyncIterator[bytes], holding: Holding
    ) -> bytes | Answer:
        most, delivered = self._gate.most_bytes(scope.path), scope.path.startswith(DELIVERIES)
        read, size, refusal = [], 0, None
        async for part in parts:
            size += len(part)
            if size > most:
                refusal = too_large(most)
            elif not delivered and not holding.take(len(part)):
                refusal = problem(503, "Too much is being sent already.", retry_after="1")
            if refusal is not None:
                await self._drain(scope, parts)
                return refusal
            read.append(part)
        return b"".join(read)

    async def _drain(self, scope: Any, parts: AsyncIterator[bytes]) -> None:
        if int(scope.headers.get("content-length") or 0) > MOST_DRAINED_BYTES:
            return
        size = 0
        with contextlib.suppress(TimeoutError, StopAsyncIteration):
            async with asyncio.timeout(self._patience_seconds):
                while size <= MOST_DRAINED_BYTES:
                    size += len(await asyncio.wait_for(anext(parts), DRAINING_SECONDS))


async def _parts(protocol: Any) -> AsyncIterator[bytes]:
    """The body as it comes; granian's own iterator can be begun once only."""
    async for part in protocol:
        yield part
