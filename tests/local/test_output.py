"""What the commands print does not play with the terminal, whoever wrote it."""

import json

import pytest

from local.output import print_json, print_json_line, print_table, say, warn

EVIL = "\x1b]0;gone\x07\x9b2J\u202e"


def test_text_and_tables_show_what_cannot_be_seen(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"{EVIL} line\n\tof two")
    warn(EVIL)
    print_table(("ERROR",), [(EVIL,)])
    printed = capsys.readouterr()

    for text in (printed.out, printed.err):
        assert r"\x1b]0;gone\x07\x9b2J\u202e" in text
        assert not any(sign in text for sign in EVIL if not sign.isprintable())
    assert "line\n\tof two" in printed.out


def test_json_is_the_same_document(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"key": EVIL, "name": "Zoë"})
    pretty = capsys.readouterr().out
    print_json_line(json.dumps({"key": EVIL, "name": "Zoë"}, ensure_ascii=False).encode())
    line = capsys.readouterr().out

    for text in (pretty, line):
        assert json.loads(text) == {"key": EVIL, "name": "Zoë"}
        assert "\x9b" not in text
        assert "Zoë" in text
    assert line.count("\n") == 1
