from pathlib import Path

import pytest

from local.demo import BOOK, run
from local.errors import Misuse

OTHER_MONTH = Path(__file__).parent / "books" / "other_month.csv"


def test_counts_everything_that_came_of_a_book(tmp_path):
    rows = []

    result = run(tmp_path, ["functions"], lambda total: rows.append, book=OTHER_MONTH)

    assert sum(rows) == result.book.rows == 16
    assert result.decisions.states == {"VALIDATED": 3}
    assert (result.invoices, result.mails, result.dead_letters) == (3, 3, 0)
    assert len(list((tmp_path / "mails").iterdir())) == 3


def test_says_which_figures_are_not_as_they_are_known_to_be(tmp_path):
    result = run(tmp_path, ["functions"], lambda total: lambda done: None, book=OTHER_MONTH)

    assert result.differences()["orders"] == (1400, 3)


def test_starts_afresh_each_time(tmp_path):
    for _ in range(2):
        result = run(tmp_path, ["functions"], lambda total: lambda done: None, book=OTHER_MONTH)

    assert result.invoices == 3


def test_empties_no_directory_of_somebody_else(tmp_path):
    (tmp_path / "thesis.txt").write_text("four years of work")

    with pytest.raises(Misuse, match=r"holds thesis\.txt; expected an earlier demo or nothing"):
        run(tmp_path, ["functions"], lambda total: lambda done: None)

    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.platform
def test_takes_all_rows_of_december_through_the_workflow(tmp_path):
    rows = []

    result = run(tmp_path, ["functions"], lambda total: rows.append)

    assert BOOK.exists()
    assert sum(rows) == 42481
    assert result.differences() == {}
    assert result.invoices == result.mails == result.decisions.states["VALIDATED"]
    assert result.dead_letters == 0
