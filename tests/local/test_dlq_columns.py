import pytest

from local.commands.dlq.columns import fitted, print_columns


@pytest.fixture
def terminal(monkeypatch):
    """Make standard output a terminal that is so wide."""

    def make(columns: int) -> None:
        monkeypatch.setattr("sys.stdout.isatty", lambda: True)
        monkeypatch.setenv("COLUMNS", str(columns))

    return make


def test_pads_the_columns_and_cuts_nothing_in_a_pipe(capsys):
    print_columns(("ID", "ERROR"), [("1", "x" * 300), ("22", "y")])

    assert capsys.readouterr().out.splitlines() == ["ID  ERROR", f"1   {'x' * 300}", "22  y"]


def test_prints_headings_without_rows(capsys):
    print_columns(("ID", "ERROR"), [])

    assert capsys.readouterr().out == "ID  ERROR\n"


def test_shows_what_would_play_with_a_terminal_as_text(capsys):
    print_columns(("ID",), [("\x1b[2Jgone",), ("a\nb",)])

    assert capsys.readouterr().out.splitlines() == ["ID", "\\x1b[2Jgone", "a\\nb"]


def test_aligns_characters_that_take_two_columns(capsys):
    print_columns(("ID", "E"), [("日本", "x"), ("abcd", "y")])

    assert capsys.readouterr().out.splitlines() == ["ID    E", "日本  x", "abcd  y"]


def test_cuts_where_the_terminal_ends(terminal):
    terminal(10)

    assert fitted("0123456789") == "0123456789"
    assert fitted("01234567890") == "012345678…"
    assert fitted("日本日本日本") == "日本日本 …"
