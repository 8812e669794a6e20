"""The connection to one daprd: calls with a deadline, and who it was that did not answer.

The messages are those of the `dapr` SDK. Its client class is not used for them: it offers no
options for a row in a transaction (so no insert-if-absent) and no deadline for a call.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from dapr.proto import api_v1
from dapr.proto.runtime.v1 import dapr_pb2
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass
from grpc import StatusCode

from runtime.errors import PlatformDown, PlatformSilent, PlatformSlow
from runtime.sidecars.line import Line, Refused

#: How soon daprd tells about itself, when something behind it does not answer.
_ALIVE_SECONDS = 1.0
#: What is said when there is no daprd, and when nobody knows how the call ended.
_NOBODY = StatusCode.UNAVAILABLE
_SILENCE = (StatusCode.DEADLINE_EXCEEDED, StatusCode.CANCELLED)

_DAPR = dapr_pb2.DESCRIPTOR.services_by_name["Dapr"]


class Connection:
    """To the daprd on a port of this machine; `token` is its API token, if it wants one."""

    def __init__(self, port: int, *, deadline_seconds: float, token: str) -> None:
        address = f"127.0.0.1:{port}"
        #: Whom the calls wait for: see `runtime.outages`.
        self.daprd = f"daprd at {address}"
        self._deadline_seconds = deadline_seconds
        self._url = f"http://{address}/{_DAPR.full_name}"
        self._headers = [f"dapr-api-token: {token}"] if token else []
        #: Those that nobody uses now. Who comes takes the last one, or opens one of his own.
        self._lines: deque[Line] = deque()
        self._is_closed = False

    def call(self, name: str, request: Any) -> Any:
        """Call a method of daprd's API. Raises PlatformDown, and says who does not answer."""
        try:
            return self._ask(name, request, self._deadline_seconds)
        except Refused as refused:
            raise self._explained(refused) from refused

    def answers(self, name: str, request: Any, seconds: float) -> bool:
        """Whether a call is answered well within so many seconds."""
        try:
            self._ask(name, request, seconds)
        except Refused:
            return False
        return True

    def tidy(self) -> None:
        """Close the idle lines on which daprd has said something. To be called every second or so.

        It may want to end, and waits for them; or it has closed them.
        """
        for _ in range(len(self._lines)):
            try:
                line = self._lines.popleft()
            except IndexError:
                return  # they are in use
            if line.was_spoken_to():
                line.close()
            else:
                self._lines.append(line)

    def close(self) -> None:
        """Close what is open; a call under way closes its line when it is answered."""
        self._is_closed = True
        while self._lines:
            self._lines.pop().close()

    def _ask(self, name: str, request: Any, seconds: float) -> Any:
        line = self._line()
        try:
            answer = line.post(f"{self._url}/{name}", request.SerializeToString(), seconds)
        finally:
            if line.is_whole and not self._is_closed:
                self._lines.append(line)
            else:
                line.close()
        try:
            return GetMessageClass(_DAPR.methods_by_name[name].output_type).FromString(answer)
        except DecodeError as error:
            raise Refused(StatusCode.INTERNAL, f"no answer to {name}: {error}") from error

    def _line(self) -> Line:
        """Take one that nobody uses, or open one."""
        while True:
            try:
                line = self._lines.pop()
            except IndexError:
                return Line(self._headers)
            if not line.was_hung_up():
                return line
            line.close()

    def _explained(self, refused: Refused) -> PlatformDown:
        """Say who does not answer: daprd, or what the call needed behind it."""
        if refused.code is _NOBODY:
            return PlatformSilent(f"daprd is not there: {refused.details}.", awaited=self.daprd)
        if refused.code in _SILENCE:
            awaited = None if self._is_alive() else self.daprd
            late = refused.code is StatusCode.DEADLINE_EXCEEDED
            why = f" in {self._deadline_seconds:g} s" if late else f": {refused.details}"
            return PlatformSilent(f"No answer{why}.", awaited=awaited)
        if refused.code is StatusCode.RESOURCE_EXHAUSTED:
            return PlatformSlow(f"Too much for one call: {refused.details}.")
        return PlatformDown(f"daprd answered {refused.code.name}: {refused.details}.")

    def _is_alive(self) -> bool:
        """Does daprd answer what it needs nothing else for?"""
        try:
            self._ask("GetMetadata", api_v1.GetMetadataRequest(), _ALIVE_SECONDS)
        except Refused as refused:
            return refused.code not in (_NOBODY, *_SILENCE)
        return True
