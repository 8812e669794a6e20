"""One line to a gRPC server: an HTTP/2 connection that carries one call at a time.

libcurl speaks the HTTP/2; what gRPC says on top of it (gRPC over HTTP/2, "Requests" and
"Responses") is a prefix before each message and two headers behind the answer. gRPC's own client
hands each call from thread to thread, and takes nearly twice the processor time (docs/why.md).
"""

from __future__ import annotations

import io
import select
from urllib.parse import unquote

import pycurl
from grpc import StatusCode

from runtime.errors import SluiceError

#: A message of a call: the largest batch of outputs, and the largest dead letter.
MOST_BYTES = 64 * 1024 * 1024
#: Before each message stand a byte, 0 for one that is not compressed, and four of its length.
_PREFIX_BYTES = 5
#: CURLE_HTTP2_STREAM, which pycurl has no name for: this call was ended, by a server that is there.
_STREAM_ENDED = 92
#: What became of a call that libcurl could not finish, and in which words if not in its own.
_ENDS = {
    pycurl.E_COULDNT_CONNECT: (StatusCode.UNAVAILABLE, ""),
    pycurl.E_OPERATION_TIMEDOUT: (StatusCode.DEADLINE_EXCEEDED, ""),
    pycurl.E_FILESIZE_EXCEEDED: (StatusCode.RESOURCE_EXHAUSTED, ""),
    _STREAM_ENDED: (StatusCode.CANCELLED, ""),
}
#: Most of libcurl's words for it are about its own doings.
_BROKEN = (StatusCode.UNAVAILABLE, "the connection broke within the call")
_STATUS = {str(code.value[0]): code for code in StatusCode}
#: HTTP statuses that say "not now" (gRPC's "HTTP to gRPC Status Code Mapping").
_NOT_NOW = (429, 502, 503, 504)
#: What a deadline may be: `grpc-timeout` has eight digits, and no time at all is none to libcurl.
_MILLISECONDS = range(1, 10**8)
#: "The other end is closed", where the system can say so: Linux.
_HUNG_UP = getattr(select, "POLLRDHUP", 0)
_HEADERS = ["content-type: application/grpc", "te: trailers", "expect:", "accept:"]


class Refused(Exception):
    """A call that was not answered, or not with what was asked for."""

    def __init__(self, code: StatusCode, details: str) -> None:
        super().__init__(details)
        self.code, self.details = code, details.rstrip(".")


class Line:
    """A line to whoever is asked first; `headers` go with every call. For one thread at a time.

    A signal is heard when the call is over: not to be used where Ctrl-C has to end it. Raises
    SluiceError where libcurl was built without HTTP/2.
    """

    def __init__(self, headers: list[str]) -> None:
        if not pycurl.version_info()[4] & pycurl.VERSION_HTTP2:
            raise SluiceError(
                f"This libcurl ({pycurl.version}) has no HTTP/2, which daprd is asked by; install "
                "the wheel of pycurl: pip install --force-reinstall --only-binary :all: pycurl"
            )
        #: Whether it may be used again.
        self.is_whole = True
        self._headers = [*_HEADERS, *headers]
        self._seconds = 0.0
        self._sent, self._heard = io.BytesIO(), list[bytes]()
        self._told: dict[str, str] = {}
        self._curl = pycurl.Curl()
        for option, value in {
            pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE,
            pycurl.NOSIGNAL: True,
            pycurl.PROXY: "",  # whatever the environment says: daprd is on this machine
            pycurl.POST: True,
            # Not POSTFIELDS, which libcurl sends a second time where a connection that was used
            # before ends within the call: what daprd had done by then, it would do twice.
            pycurl.READFUNCTION: self._send,
            pycurl.WRITEFUNCTION: self._hear,
            pycurl.HEADERFUNCTION: self._note,
            pycurl.MAXFILESIZE_LARGE: MOST_BYTES,
        }.items():
            self._curl.setopt(option, value)

    def post(self, url: str, message: bytes, seconds: float) -> bytes:
        """Send a message and return the one that answers it within so many seconds.

        Raises Refused; then the call may have been carried out, or not. It was sent once.
        """
        if len(message) > MOST_BYTES:
            raise Refused(StatusCode.RESOURCE_EXHAUSTED, f"{len(message)} bytes")
        prefix = b"\0" + len(message).to_bytes(_PREFIX_BYTES - 1)
        self._sent, self._heard, self._told = io.BytesIO(prefix + message), [], {}
        if seconds != self._seconds:
            self._wait(seconds)
        self._curl.setopt(pycurl.POSTFIELDSIZE_LARGE, _PREFIX_BYTES + len(message))
        self._curl.setopt(pycurl.URL, url)
        try:
            self._curl.perform()
        except pycurl.error as error:
            self.is_whole = False
            number, details = error.args
            code, words = _ENDS.get(number, _BROKEN)
            raise Refused(code, words or details) from error
        answer, self._sent, self._heard = b"".join(self._heard), io.BytesIO(), []
        self._refuse_failure()
        return _message(answer)

    def was_hung_up(self) -> bool:
        """Whether the other end has closed the connection since the last call.

        libcurl looks, too, but takes an end that comes behind other frames for none.
        """
        return bool(_HUNG_UP) and self._has(_HUNG_UP)

    def was_spoken_to(self) -> bool:
        """Whether the other end has said anything since the last call: maybe that it wants to end.

        Go's server says so and waits five seconds to be heard; on an idle line nobody listens.
        """
        return self._has(select.POLLIN)

    def close(self) -> None:
        """Hang up."""
        self._curl.close()

    def _has(self, happened: int) -> bool:
        connected = self._curl.getinfo(pycurl.LASTSOCKET)
        if connected < 0:
            return False
        watch = select.poll()
        watch.register(connected, happened)
        return bool(watch.poll(0))

    def _wait(self, seconds: float) -> None:
        milliseconds = min(max(int(seconds * 1000), _MILLISECONDS[0]), _MILLISECONDS[-1])
        self._curl.setopt(pycurl.TIMEOUT_MS, milliseconds)
        self._curl.setopt(pycurl.HTTPHEADER, [*self._headers, f"grpc-timeout: {milliseconds}m"])
        self._seconds = seconds

    def _send(self, most_bytes: int) -> bytes:
        return self._sent.read(most_bytes)

    def _hear(self, part: bytes) -> None:
        self._heard.append(part)

    def _note(self, header: bytes) -> None:
        """Keep what gRPC says of the call, before the answer or behind it."""
        if header.startswith(b"grpc-"):
            name, _, value = header.decode(errors="replace").partition(":")
            self._told[name] = value.strip()

    def _refuse_failure(self) -> None:
        status = self._told.get("grpc-status")
        if status is None:
            http = self._curl.getinfo(pycurl.RESPONSE_CODE)
            code = StatusCode.UNAVAILABLE if http in _NOT_NOW else StatusCode.UNKNOWN
            raise Refused(code, f"HTTP status {http} and no gRPC status")
        if status != "0":
            code = _STATUS.get(status, StatusCode.UNKNOWN)
            raise Refused(code, unquote(self._told.get("grpc-message", "")))


def _message(answer: bytes) -> bytes:
    """Take the one message out: nothing, or half of it, must not pass for an empty one."""
    prefix, message = answer[:_PREFIX_BYTES], answer[_PREFIX_BYTES:]
    if prefix != b"\0" + len(message).to_bytes(_PREFIX_BYTES - 1):
        raise Refused(StatusCode.INTERNAL, f"{len(answer)} bytes that are not one message")
    return message
