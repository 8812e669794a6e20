"""Loading packages of functions, and refusing what does not fit together.

The packages are written by the tests: each is one small file or two.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from runtime.errors import DeclarationError
from runtime.registry import load
from runtime.spec import Every, Http, Topic

HEAD = """
from dataclasses import dataclass
from typing import Any
from runtime import Table, Timers, function

@dataclass
class Jar:
    beans: int = 0
"""
COUNT = """
@function(subscribes="sales")
def count(sale: dict, jars: Table[Jar]) -> None:
    "Count."
"""

Write = Callable[[Mapping[str, str]], str]


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Write]:
    """Write a package of these modules; its name is another one each time."""
    names = (f"shop_{tmp_path.name.replace('-', '_')}_{n}" for n in itertools.count())

    def write_package(modules: Mapping[str, str]) -> str:
        name = next(names)
        for path, text in modules.items():
            file = tmp_path / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(HEAD + text)
        for folder in {*(tmp_path / name).rglob("*/"), tmp_path / name}:
            (folder / "__init__.py").touch()
        return name

    sys.path.insert(0, str(tmp_path))
    yield write_package
    sys.path.remove(str(tmp_path))


def problems(*packages: str) -> str:
    with pytest.raises(DeclarationError) as caught:
        load(*packages)
    return str(caught.value)


def test_a_service_is_the_folder_a_function_lies_in(write: Write) -> None:
    name = write({"till/count.py": COUNT, "office/count.py": COUNT})
    registry = load(name)

    assert [spec.id for spec in registry.functions()] == ["office.count", "till.count"]
    assert registry.services["till"].functions["count"].doc == "Count."


def test_finds_a_function_by_its_id(write: Write) -> None:
    registry = load(write({"till/count.py": COUNT}))
    found = registry.get("till.count")

    assert found is not None
    assert found.trigger == Topic("sales")
    assert [registry.get(id) for id in ("till.other", "office.count", "count", "")] == [None] * 4


def test_a_service_knows_its_functions_by_trigger(write: Write) -> None:
    more = """
@function(http="GET /v1/jars")
def look() -> str: ...
@function(every="1m")
def sweep() -> None: ...
@function(subscribes="sales")
def also(sale: dict) -> None: ...
"""
    service = load(write({"till/count.py": COUNT, "till/more.py": more})).services["till"]

    assert [spec.name for spec in service.of_kind(Topic)] == ["also", "count"]
    assert [spec.name for spec in service.of_kind(Http)] == ["look"]
    assert [spec.name for spec in service.of_kind(Every)] == ["sweep"]


def test_a_function_that_a_module_only_imports_is_declared_once(write: Write) -> None:
    name = write({"till/count.py": COUNT})
    other = write({"office/use.py": f"from {name}.till.count import count\n"})

    assert [spec.id for spec in load(name, other).functions()] == ["till.count"]


def test_an_object_that_minds_being_looked_at_is_passed_over(write: Write) -> None:
    name = write({"till/count.py": f"from flask import request\n{COUNT}"})

    assert [spec.id for spec in load(name).functions()] == ["till.count"]


def test_two_functions_of_one_name_are_refused(write: Write) -> None:
    name = write({"till/a.py": COUNT, "till/b.py": COUNT})

    assert f"till.count is declared in {name}.till.a and in {name}.till.b" in problems(name)


def test_two_functions_of_one_name_in_one_module_are_refused(write: Write) -> None:
    name = write({"till/a.py": COUNT + COUNT})

    assert "the name 'count' is taken by an earlier function of this module" in problems(name)


def test_two_row_types_of_one_table_are_refused(write: Write) -> None:
    other = '@function(subscribes="sales")\ndef other(sale: dict, jars: Table[dict]) -> None: ...\n'
    found = problems(write({"till/a.py": COUNT, "till/b.py": other}))

    assert "the table 'jars' has rows" in found
    assert "in till.count" in found
    assert "in till.other" in found


def test_a_table_and_timers_of_one_name_are_refused(write: Write) -> None:
    other = '@function(subscribes="sales")\ndef other(sale: dict, jars: Timers) -> None: ...\n'

    assert "'jars'" in problems(write({"till/a.py": COUNT, "till/b.py": other}))


def test_one_table_name_in_two_services_is_two_tables(write: Write) -> None:
    other = '@function(subscribes="sales")\ndef other(sale: dict, jars: Table[dict]) -> None: ...\n'

    assert len(load(write({"till/a.py": COUNT, "office/b.py": other})).functions()) == 2


def test_two_functions_on_one_route_are_refused_whatever_its_names(write: Write) -> None:
    route = '@function(http="GET /v1/jars/{%s}")\ndef look_%s(%s: str) -> str: ...\n'
    routes = route % ("id", "a", "id") + route % ("name", "b", "name")

    assert "is served by till.look_a and by till.look_b" in problems(write({"till/a.py": routes}))


def test_all_problems_come_in_one_message(write: Write) -> None:
    other = """
@function(subscribes="sales")
def count(sale: dict) -> None: ...
@function(subscribes="sales")
def other(sale: dict, jars: Table[dict]) -> None: ...
"""
    found = problems(write({"till/a.py": COUNT, "till/b.py": other}))

    assert found.count("\n  - ") == 2


@pytest.mark.parametrize("package", ["no_such_package", "runtime.no_such_package"])
def test_a_package_that_is_not_there_is_named(package: str) -> None:
    assert f"The package {package!r} cannot be imported" in problems(package)


def test_a_package_that_needs_something_missing_says_what(write: Write) -> None:
    name = write({"till/a.py": "import no_such_library\n"})

    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        load(name)


def test_the_functions_of_this_project_fit_together() -> None:
    assert len(load("functions").services) > 5


def test_a_folder_of_modules_that_would_be_passed_over_is_refused(
    write: Write, tmp_path: Path
) -> None:
    name = write({"packing/count.py": COUNT})
    (tmp_path / name / "packing" / "__init__.py").unlink()

    assert "'packing'" in (said := problems(name))
    assert "has modules and no __init__.py" in said
