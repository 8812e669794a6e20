import stat
from io import StringIO
from pathlib import Path

import pytest

from local.editor import edited
from local.errors import Failure


@pytest.fixture
def editor(tmp_path, monkeypatch):
    """An editor that does what a line of shell says; it leaves the file's name and mode behind."""

    def make(line: str) -> Path:
        script = tmp_path / "editor"
        seen = tmp_path / "seen"
        script.write_text(f'#!/bin/sh\nstat -c "%n %a" "$1" > {seen}\n{line}\n')
        script.chmod(0o700)
        monkeypatch.delenv("VISUAL", raising=False)
        monkeypatch.setenv("EDITOR", str(script))
        return seen

    return make


def test_returns_what_was_saved(editor):
    editor('echo more >> "$1"')

    assert edited("text\n", ".txt") == "text\nmore\n"


def test_nobody_else_can_read_the_file_and_nothing_is_left_of_it(editor):
    seen = editor("true")

    edited("text", ".json")

    path, _ = seen.read_text().split()
    assert path.endswith("payload.json")
    assert not Path(path).exists()
    assert not Path(path).parent.exists()


def test_the_folder_is_this_user_s_alone(editor, tmp_path):
    editor(f'stat -c %a "$(dirname "$1")" > {tmp_path}/mode')

    edited("text", ".json")

    assert int((tmp_path / "mode").read_text(), 8) & (stat.S_IRWXG | stat.S_IRWXO) == 0


def test_changes_nothing_when_the_editor_fails(editor, monkeypatch):
    editor("exit 3")
    with pytest.raises(Failure, match="ended with 3; nothing was changed"):
        edited("text", ".txt")

    monkeypatch.setenv("EDITOR", "/no/such/editor")
    with pytest.raises(Failure, match="cannot be started"):
        edited("text", ".txt")


def test_without_a_terminal_no_editor_is_started(monkeypatch):
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    monkeypatch.setattr("sys.stdin", StringIO())

    with pytest.raises(Failure, match=r"no terminal for an editor\. Use --patch or --value"):
        edited("text\n", ".txt")
