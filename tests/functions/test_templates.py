"""Template files: the most specific one wins, and nothing else is reachable."""

from __future__ import annotations

import pytest

from functions.templates import Safe, Templates

FILES = ["invoice.txt", "acme-invoice.txt", "acme-north-invoice.txt", "invoice.html"]


@pytest.fixture
def folder(tmp_path):
    for name in FILES:
        (tmp_path / name).write_text(f"{name}: $value")
    return tmp_path


@pytest.mark.parametrize(
    ("tenant", "organization", "chosen"),
    [
        ("", None, "invoice.txt"),
        ("", "north", "invoice.txt"),
        ("acme", None, "acme-invoice.txt"),
        ("acme", "north", "acme-north-invoice.txt"),
        ("acme", "south", "acme-invoice.txt"),
        ("other", "north", "invoice.txt"),
        ("acme", "../north", "acme-invoice.txt"),
    ],
)
def test_the_most_specific_file_that_exists_is_chosen(folder, tenant, organization, chosen):
    assert Templates([folder], tenant).choose("invoice", "txt", organization) == chosen


def test_a_template_that_does_not_exist_is_named(folder):
    with pytest.raises(LookupError, match=r"'acme-receipt.txt' or 'receipt.txt'"):
        Templates([folder], "acme").choose("receipt", "txt")


def test_an_earlier_folder_wins(folder, tmp_path_factory):
    own = tmp_path_factory.mktemp("own")
    (own / "invoice.txt").write_text("mine: $value")

    assert Templates([own, folder]).fill("invoice.txt", {"value": "1"}) == "mine: 1"


def test_values_are_escaped_in_html_only(folder):
    templates = Templates([folder])

    assert templates.fill("invoice.html", {"value": "<b>"}) == "invoice.html: &lt;b&gt;"
    assert templates.fill("invoice.txt", {"value": "<b>"}) == "invoice.txt: <b>"


def test_html_that_is_safe_stays(folder):
    assert Templates([folder]).fill("invoice.html", {"value": Safe("<b>")}).endswith(": <b>")


def test_a_value_is_not_a_template(folder):
    assert Templates([folder]).fill("invoice.txt", {"value": "$other"}).endswith(": $other")


def test_an_unknown_value_is_named_with_those_that_there_are(folder):
    with pytest.raises(LookupError, match=r"asks for \$value; expected one of number, total"):
        Templates([folder]).fill("invoice.txt", {"total": "1", "number": "2"})
