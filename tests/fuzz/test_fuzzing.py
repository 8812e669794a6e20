"""A moment of fuzzing finds nothing in the decoder, and finds what there is to be found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runtime.record import Record
from tests.fuzz.__main__ import run
from tests.fuzz.child import kept
from tests.fuzz.inputs import Inputs
from tests.hostile.records import corpus


def last_inputs(printed: str) -> list[Record]:
    files = re.findall(r"--again (\S+)", printed)
    return [kept(Path(file))[1] for file in files]


def test_the_decoder_stands_what_it_is_given(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code = run(3, "1", folder=tmp_path)
    printed = capfd.readouterr()

    assert code == 0, printed.err[-3000:]
    assert "event: read" in printed.out
    assert "event: DecodeError" in printed.out
    assert "Avro: read" in printed.out
    assert "Avro: DecodeError" in printed.out


def test_an_input_that_ends_the_process_is_kept(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code = run(20, "1", "tests.fuzz.crashing", tmp_path)
    printed = capfd.readouterr().out

    assert code == 1
    assert any(b"\x00" in record.value for record in last_inputs(printed))


def test_an_input_that_is_an_error_nobody_expects_is_kept(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code = run(20, "1", "tests.fuzz.failing", tmp_path)
    printed = capfd.readouterr()

    assert code == 1
    assert "KeyError" in printed.err
    assert any(b"\\" in record.value for record in last_inputs(printed.out))


def test_the_same_seed_makes_the_same_inputs() -> None:
    one, other = Inputs(corpus(), "7"), Inputs(corpus(), "7")

    assert [one.next("a") for _ in range(200)] == [other.next("a") for _ in range(200)]
