"""Data of a command: itself, standard input, or a file."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from local.content import content_of
from local.errors import Misuse


def test_is_the_argument_itself() -> None:
    assert content_of('{"price": "1.10 €"}') == '{"price": "1.10 €"}'.encode()


def test_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"\x00read")))

    assert content_of("-") == b"\x00read"


def test_is_what_is_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "order.json"
    path.write_bytes(b"\x00kept")

    assert content_of(f"@{path}") == b"\x00kept"


def test_names_a_file_that_cannot_be_read() -> None:
    with pytest.raises(Misuse, match=r"'nowhere\.json' cannot be read: No such file"):
        content_of("@nowhere.json")
