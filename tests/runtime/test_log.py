"""Logs go to standard error, one JSON object a line where nobody reads them on a terminal."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import msgspec
import pytest
import structlog

from runtime.log import configure, logger


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def test_a_line_is_json_with_the_name_of_the_event_and_its_fields(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure("info", as_json=True)
    logger("delivery").info("delivery.done", count=3)
    captured = capsys.readouterr()
    line = msgspec.json.decode(captured.err)

    assert captured.out == ""
    assert (line["event"], line["component"], line["count"]) == ("delivery.done", "delivery", 3)
    assert line["level"] == "info"


def test_lines_below_the_level_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure("warning", as_json=True)
    logger("delivery").info("delivery.done")

    assert capsys.readouterr().err == ""


def test_an_exception_is_one_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure(as_json=True)
    try:
        raise ValueError("no such thing")
    except ValueError:
        logger("delivery").exception("delivery.failed")

    (line,) = capsys.readouterr().err.splitlines()
    assert "no such thing" in msgspec.json.decode(line)["exception"]


def test_a_terminal_gets_readable_lines(capsys: pytest.CaptureFixture[str]) -> None:
    configure(as_json=False)
    logger("delivery").info("delivery.done", count=3)

    assert "count=3" in capsys.readouterr().err


def test_a_crash_in_native_code_says_where_it_was() -> None:
    program = (
        "import os, signal; from runtime import log; log.configure(); os.kill(os.getpid(), 11)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert "Segmentation fault" in done.stderr
    assert '<string>", line 1' in done.stderr


def test_a_full_disk_stops_nobody_who_logs() -> None:
    program = "from runtime import log; log.configure(); log.logger('a').error('b'); print('on')"
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=full)

    assert done.stdout == b"on\n"


def test_a_secret_in_a_field_or_a_stack_is_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    configure(as_json=True)
    try:
        raise ValueError("password=hunter2 was refused")
    except ValueError:
        logger("delivery").exception("failed", headers={"a": ["Authorization: Bearer a.b.c.d.e"]})
    said = capsys.readouterr().err

    assert "was refused" in said
    assert "hunter2" not in said
    assert "a.b.c.d.e" not in said


@pytest.mark.parametrize("as_json", [True, False])
def test_what_came_from_outside_does_not_play_with_the_terminal(
    as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(as_json=as_json)
    try:
        raise ValueError("\x1b[2J")
    except ValueError:
        logger("delivery").exception("delivery.failed", reason="\x1b]0;gone\x07")
    said = capsys.readouterr().err

    assert "delivery.failed" in said
    assert "\x1b]0" not in said
    assert "\x1b[2J" not in said
    assert "\x07" not in said
