import shlex
import signal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from local.child import serving
from local.cli import app
from local.commands.demo import _next_steps
from local.demo import BOOK, Result, run
from local.errors import Misuse
from local.finding import SCHEMAS, find_running
from tests.local.command_line import CommandLine
from tests.waiting import wait_until

OTHER_MONTH = Path(__file__).parent / "books" / "other_month.csv"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data") / "demo"


@pytest.fixture(scope="module")
def rows() -> list[int]:
    """How many rows were told to be done, each time."""
    return []


@pytest.fixture(scope="module")
def result(data: Path, rows: list[int]) -> Result:
    """The demo of a small book."""
    return run(data, ["functions"], lambda total: rows.append, book=OTHER_MONTH)


def test_counts_everything_that_came_of_a_book(result, rows, data):
    assert sum(rows) == result.book.rows == 16
    assert result.decisions.states == {"VALIDATED": 3}
    assert (result.invoices, result.mails, result.dead_letters) == (3, 3, 0)
    assert len(list((data / "mails").iterdir())) == 3


def test_counts_what_became_of_the_orders_elsewhere(result):
    assert result.routed == {"bronze": 6, "platinum": 0, "gold": 0, "silver": 0}
    assert (result.suspects, result.customers) == (0, 11)


def test_suggests_commands_that_work(result, data):
    """Said of the small book's order instead of the real one's."""
    lines = [line.replace("536365", "563100") for line in _next_steps(data)]
    suggested = [shlex.split(line.strip().partition("  ")[0]) for line in lines]
    commands = [words[1:] for words in suggested if words[:1] == ["sluice"]]
    runner = CliRunner(env={"SLUICE_DATA": str(data)})
    with serving(data, ["functions"]):
        said = {" ".join(words): runner.invoke(app, words) for words in commands if words != ["up"]}

    assert len(said) >= 10
    assert {words: told.output for words, told in said.items() if told.exit_code} == {}


def test_says_which_figures_are_not_as_they_are_known_to_be(result):
    assert result.differences()["orders"] == (1400, 3)


def test_starts_afresh_each_time(result, data):
    (data / SCHEMAS).write_bytes(b"")  # of a demo with Avro on its topics
    again = run(data, ["functions"], lambda total: lambda done: None, book=OTHER_MONTH)

    assert (again.invoices, again.events) == (result.invoices, result.events)


def test_empties_no_directory_of_somebody_else(tmp_path):
    (tmp_path / "thesis.txt").write_text("four years of work")

    with pytest.raises(Misuse, match=r"holds thesis\.txt; expected an earlier demo or nothing"):
        run(tmp_path, ["functions"], lambda total: lambda done: None)

    assert (tmp_path / "thesis.txt").exists()


def test_leaves_the_directory_alone_when_other_functions_are_named(tmp_path):
    (tmp_path / "sluice.db").write_bytes(b"")

    with pytest.raises(Misuse, match=r"small_shop are not those of the order system"):
        run(tmp_path, ["tests.local.small_shop"], lambda total: lambda done: None)

    assert (tmp_path / "sluice.db").exists()


def test_leaves_nothing_running_when_it_is_interrupted(tmp_path):
    demo = CommandLine(tmp_path).start("demo")
    wait_until(lambda: find_running(tmp_path) is not None, 60)

    demo.send_signal(signal.SIGINT)
    printed, said = demo.communicate(timeout=30)

    assert (demo.returncode, printed, said) == (130, "", "")
    assert find_running(tmp_path) is None


@pytest.mark.platform
def test_takes_all_rows_of_december_through_the_workflow(tmp_path):
    rows = []

    result = run(tmp_path, ["functions"], lambda total: rows.append)

    assert BOOK.exists()
    assert sum(rows) == 42481
    assert result.differences() == {}
    assert result.invoices == result.mails == result.decisions.states["VALIDATED"]
    assert result.dead_letters == 0
