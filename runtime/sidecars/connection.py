"""The connection to one daprd: calls with a deadline, and who it was that did not answer.

The stub and the messages are those of the `dapr` SDK. Its client class is not used for them: it
offers no options for a row in a transaction (so no insert-if-absent), no deadline for a call, and
no keep-alive; what it would save is three lines a call.
"""

from __future__ import annotations

from typing import Any, cast

import grpc
from dapr.proto import api_service_v1, api_v1

from runtime.errors import PlatformDown, PlatformSilent, PlatformSlow

#: A message of a gRPC call: the largest batch of outputs, and the largest dead letter.
MOST_BYTES = 64 * 1024 * 1024
#: How soon daprd tells about itself, when something behind it does not answer.
_ALIVE_SECONDS = 1.0
#: What gRPC says when there is no daprd, and when it does not know how the call ended.
_NOBODY = grpc.StatusCode.UNAVAILABLE
_SILENCE = (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)


class Connection:
    """To the daprd on a port of this machine; `token` is its API token, if it wants one."""

    def __init__(self, port: int, *, deadline_seconds: float, token: str) -> None:
        address = f"127.0.0.1:{port}"
        #: Whom the calls wait for: see `runtime.outages`.
        self.daprd = f"daprd at {address}"
        self._deadline_seconds = deadline_seconds
        options = [
            ("grpc.max_send_message_length", MOST_BYTES),
            ("grpc.max_receive_message_length", MOST_BYTES),
            # After an outage the next try comes within a second, not after gRPC's two minutes.
            ("grpc.max_reconnect_backoff_ms", 1000),
        ]
        self._channel = grpc.insecure_channel(address, options)
        self._stub = api_service_v1.DaprStub(self._channel)  # type: ignore[no-untyped-call]
        self._metadata = [("dapr-api-token", token)] if token else []

    def call(self, name: str, request: Any) -> Any:
        """Call a method of daprd's API. Raises PlatformDown, and says who does not answer."""
        try:
            return self._ask(name, request, self._deadline_seconds)
        except grpc.RpcError as error:
            raise self._explained(cast(grpc.Call, error)) from error

    def answers(self, name: str, request: Any, seconds: float) -> bool:
        """Whether a call is answered well within so many seconds."""
        try:
            self._ask(name, request, seconds)
        except grpc.RpcError:
            return False
        return True

    def close(self) -> None:
        """Close it."""
        self._channel.close()

    def _ask(self, name: str, request: Any, seconds: float) -> Any:
        return getattr(self._stub, name)(request, timeout=seconds, metadata=self._metadata)

    def _explained(self, call: grpc.Call) -> PlatformDown:
        """Say who does not answer: daprd, or what the call needed behind it."""
        if call.code() is _NOBODY:
            return PlatformSilent(f"daprd is not there: {call.details()}.", awaited=self.daprd)
        if call.code() in _SILENCE:
            awaited = None if self._is_alive() else self.daprd
            return PlatformSilent(f"No answer in {self._deadline_seconds:g} s.", awaited=awaited)
        details = (call.details() or "").rstrip(".")
        if call.code() is grpc.StatusCode.RESOURCE_EXHAUSTED:
            return PlatformSlow(f"Too much for one call: {details}.")
        return PlatformDown(f"daprd answered {call.code().name}: {details}.")

    def _is_alive(self) -> bool:
        """Does daprd answer what it needs nothing else for?"""
        try:
            self._ask("GetMetadata", api_v1.GetMetadataRequest(), _ALIVE_SECONDS)
        except grpc.RpcError as error:
            return cast(grpc.Call, error).code() not in (_NOBODY, *_SILENCE)
        return True
