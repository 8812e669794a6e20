"""What a line makes of answers that no gRPC server gives; the other ones are in test_connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pycurl
import pytest
from grpc import StatusCode

from runtime.errors import SluiceError
from runtime.sidecars.line import Line, Refused

SETTINGS, HEADERS, RST_STREAM, DATA = 4, 1, 3, 0
END, WHOLE = 1, 4


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A frame of HTTP/2 (RFC 9113, section 4.1)."""
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def text(value: str) -> bytes:
    return bytes([len(value)]) + value.encode()


def headers(flags: int, *, status: str = "", **named: str) -> bytes:
    """Headers of stream 1, none of them compressed (RFC 7541, section 6.2.2; 8 is `:status`)."""
    lines = [b"\x08" + text(status)] if status else []
    lines += [b"\0" + text(name.replace("_", "-")) + text(value) for name, value in named.items()]
    return frame(HEADERS, WHOLE | flags, 1, b"".join(lines))


@contextmanager
def answering(frames: bytes) -> Iterator[str]:
    """Serve one connection: whatever is asked first is answered with these frames."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(65536)
                client.sendall(frame(SETTINGS, 0, 0) + frames)
                while client.recv(65536):
                    pass  # until the line is closed

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/service/method"
        thread.join(10)


def answer_to(frames: bytes) -> bytes:
    with answering(frames) as url:
        line = Line([])
        try:
            return line.post(url, b"a request", 5)
        finally:
            line.close()


BEGIN = headers(0, status="200")
WELL = headers(END, grpc_status="0")


def message(prefix: bytes, said: bytes) -> bytes:
    return frame(DATA, 0, 1, prefix + said)


def test_a_message_is_what_stands_behind_its_prefix() -> None:
    assert answer_to(BEGIN + message(b"\0\0\0\0\2", b"hi") + WELL) == b"hi"


def test_a_message_may_be_empty() -> None:
    assert answer_to(BEGIN + message(b"\0\0\0\0\0", b"") + WELL) == b""


@pytest.mark.parametrize(
    "said",
    [
        b"",
        message(b"\0\0\0", b""),
        message(b"\0\0\0\0\5", b"half"),
        message(b"\1\0\0\0\1", b"x"),
        message(b"\0\0\0\0\1", b"x") + message(b"\0\0\0\0\1", b"y"),
    ],
    ids=["nothing", "half a prefix", "half a message", "compressed", "two messages"],
)
def test_what_is_not_one_message_is_no_answer(said: bytes) -> None:
    with pytest.raises(Refused, match="not one message") as refused:
        answer_to(BEGIN + said + WELL)

    assert refused.value.code is StatusCode.INTERNAL


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (frame(RST_STREAM, 0, 1, b"\0\0\0\2"), StatusCode.CANCELLED),
        (headers(END, status="200"), StatusCode.UNKNOWN),
        (headers(END, status="404"), StatusCode.UNKNOWN),
        (headers(END, status="503"), StatusCode.UNAVAILABLE),
        (headers(END, status="503", grpc_status="13"), StatusCode.INTERNAL),
        (headers(END, status="200", grpc_status="99"), StatusCode.UNKNOWN),
        (headers(END, status="200", grpc_status="many"), StatusCode.UNKNOWN),
    ],
    ids=["reset", "200", "404", "503", "503 and a status", "unknown status", "no number"],
)
def test_how_a_call_ended_is_told_in_grpcs_words(frames: bytes, code: StatusCode) -> None:
    with pytest.raises(Refused) as refused:
        answer_to(frames)

    assert refused.value.code is code


def test_words_that_are_no_utf_8_are_told_as_well_as_can_be() -> None:
    said = headers(END, status="200", grpc_status="13")
    raw = said[9:] + b"\0" + text("grpc-message") + b"\x05caf\xe9s"

    with pytest.raises(Refused, match="caf\N{REPLACEMENT CHARACTER}s"):
        answer_to(frame(HEADERS, WHOLE | END, 1, raw))


def test_a_libcurl_without_http_2_is_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = list(pycurl.version_info())
    told[4] &= ~pycurl.VERSION_HTTP2
    monkeypatch.setattr("pycurl.version_info", lambda: tuple(told))

    with pytest.raises(SluiceError, match=r"no HTTP/2.*pip install"):
        Line([])
