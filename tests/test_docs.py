"""What the documents show is run, and what is generated is up to date."""

import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.testing import CliRunner

from local.cli import app
from runtime.registry import load

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(path: Path, language: str) -> list[str]:
    """The code blocks of a document, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(), re.DOTALL | re.MULTILINE)


def commands() -> list[tuple[str, list[str]]]:
    """Every `sluice ...` command that a document shows at a prompt, with its words."""
    shown = [
        (path.name, line)
        for path in DOCUMENTS
        for block in blocks(path, "console")
        for line in re.findall(r"^\$ (?:\.venv/bin/)?sluice (.*)$", block, re.MULTILINE)
    ]
    return [(name, line.split("#")[0].split()) for name, line in shown]


def run_python(*sources: str) -> dict[str, Any]:
    module = ModuleType("example.packing.pack_order")
    for source in sources:
        exec(compile(source, "example", "exec"), vars(module))
    return vars(module)


def test_the_function_of_the_readme_passes_its_test() -> None:
    function, test = blocks(ROOT / "README.md", "python")

    run_python(function, test)["test_a_started_box_counts"]()


def test_the_examples_about_testing_pass() -> None:
    function, _ = blocks(ROOT / "README.md", "python")
    plain, in_the_runtime = blocks(ROOT / "docs" / "testing.md", "python")

    run_python(plain)["test_tables_and_timers_in_a_test"]()
    pack_order = run_python(function)["pack_order"]
    run_python(in_the_runtime)["test_a_poison_record_is_a_dead_letter"](pack_order)


@pytest.mark.parametrize(("document", "words"), commands())
def test_every_command_that_is_shown_exists(document: str, words: list[str]) -> None:
    verbs = [word for word in words if not word.startswith("-")]
    depth = 2 if verbs[0] in ("cluster", "dlq", "search", "topics") else 1

    result = CliRunner().invoke(app, [*verbs[:depth], "--help"])

    assert result.exit_code == 0, f"{document}: sluice {' '.join(words)}"
    for option in re.findall(r"--[a-z-]+", " ".join(words)):
        assert option in result.output


def test_the_picture_of_the_flow_is_the_one_the_functions_draw() -> None:
    result = CliRunner().invoke(app, ["flow", "--mermaid"])

    assert (ROOT / "docs" / "flow.md").read_text().strip() == result.output.strip(), "make flow"


def test_every_file_that_a_document_names_is_there() -> None:
    for path in DOCUMENTS:
        for name in re.findall(
            r"`((?:runtime|local|functions|tests|docs)/[\w/]+\.\w+)`", path.read_text()
        ):
            assert (ROOT / name).exists(), f"{path.name} names {name}"


def test_every_link_between_documents_leads_somewhere() -> None:
    for path in DOCUMENTS:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_the_readme_counts_the_functions_right() -> None:
    result = CliRunner().invoke(app, ["functions", "--json"])

    assert len(json.loads(result.output)) == 75
    assert "Seventy-five functions" in (ROOT / "README.md").read_text()


def table_of_systems() -> list[list[str]]:
    """The rows of the README's table of what each function replaces."""
    _, _, behind = (ROOT / "README.md").read_text().partition("## What you have today")
    lines = behind.partition("\n## ")[0].splitlines()
    return [line.strip("|").split("|") for line in lines if line.startswith("| ")][1:]


def expanded(name: str) -> list[str]:
    """The names that are written as one, as a shell expands braces."""
    before, brace, rest = name.partition("{")
    if not brace:
        return [name]
    choices, _, behind = rest.partition("}")
    return [before + choice + end for choice in choices.split(",") for end in expanded(behind)]


def test_every_function_stands_once_in_the_table_of_systems_and_is_listed() -> None:
    named = [
        f"{service}.{name}"
        for _, functions, _ in table_of_systems()
        for service, names in re.findall(r"\*\*(\w+)\*\*([^*]*)", functions)
        for written in re.findall(r"`([^`]+)`", names)
        for name in expanded(written)
    ]
    result = CliRunner().invoke(app, ["functions", "--json"])

    assert sorted(named) == sorted(each["id"] for each in json.loads(result.output))
    assert sorted(named) == sorted(spec.id for spec in load("functions").functions())


def test_every_system_of_the_table_has_its_stories() -> None:
    rows = table_of_systems()

    assert len(rows) == 5
    for *_, told in rows:
        stories = re.findall(r"`([^`]+)`", told)
        assert stories
        assert [story for story in stories if not (ROOT / "tests/flows" / story).exists()] == []
