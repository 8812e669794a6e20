"""Imports go down only, in no circle, and the environment is read in few places."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("runtime", "functions", "local")
#: What each part may import of ours.
ALLOWED = {
    "runtime": {"runtime"},
    "functions": {"functions", "runtime"},
    "local": {"local", "functions", "runtime"},
}
#: These hand the environment on: settings are made once, resources open themselves from it, and
#: what is secret in it is hidden.
READ_ENVIRONMENT = {"runtime/settings.py", "runtime/arguments.py", "runtime/secrets.py"}


def modules(*packages: str) -> Iterator[Path]:
    for package in packages:
        yield from sorted((ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def all_names() -> frozenset[str]:
    return frozenset(name_of(path) for path in modules(*PACKAGES))


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Yield what of ours a module imports, and on which line; types only do not count."""
    known = all_names()
    for node in _executed(ast.parse(path.read_text())):
        for name in _named(node):
            found = name if name in known else name.rpartition(".")[0]
            if found in known:
                yield found, node.lineno


def _executed(tree: ast.AST) -> Iterator[ast.stmt]:
    """Yield the imports, also those within functions, but not those under TYPE_CHECKING."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        yield from _executed(node)


def _named(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    assert isinstance(node, ast.ImportFrom)
    assert node.level == 0, f"a relative import on line {node.lineno}"
    return [f"{node.module}.{alias.name}" for alias in node.names]


def service_of(module: str) -> str | None:
    """The service a module lies in; the domain and modules beside the services are shared."""
    folder = "/".join(module.split(".")[:2])
    is_service = (ROOT / folder).is_dir() and module.startswith("functions.")
    return folder if is_service and folder != "functions/domain" else None


def edges(*packages: str) -> list[tuple[str, str, str]]:
    """Return (importer, imported, place) of every import of ours."""
    return [
        (name_of(path), imported, f"{path.relative_to(ROOT)}:{line}")
        for path in modules(*packages)
        for imported, line in imports(path)
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_go_down_only(package: str) -> None:
    upward = [
        f"{place}: {importer} imports {imported}"
        for importer, imported, place in edges(package)
        if imported.partition(".")[0] not in ALLOWED[package]
    ]

    assert not upward, "\n".join(upward)


def test_the_domain_imports_nothing_of_ours() -> None:
    outward = [
        f"{place}: {importer} imports {imported}"
        for importer, imported, place in edges("functions")
        if importer.startswith("functions.domain") and not imported.startswith("functions.domain")
    ]

    assert not outward, "\n".join(outward)


def test_no_service_imports_another() -> None:
    across = [
        f"{place}: {importer} imports {imported}"
        for importer, imported, place in edges("functions")
        if service_of(imported) not in (None, service_of(importer))
    ]

    assert not across, "\n".join(across)


def test_tools_name_functions_and_do_not_import_them() -> None:
    """The package of functions is a setting (`--functions`): only the domain's words are shared."""
    bound = [
        f"{place}: {importer} imports {imported}"
        for importer, imported, place in edges("local")
        if imported.startswith("functions.") and not imported.startswith("functions.domain")
    ]

    assert not bound, "\n".join(bound)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_import_goes_in_a_circle(package: str) -> None:
    graph: dict[str, set[str]] = {}
    for importer, imported, _ in edges(package):
        if importer != imported and not _is_inside(importer, imported):
            graph.setdefault(importer, set()).add(imported)
    circle = _circle(graph)

    assert not circle, " -> ".join(circle)


def _is_inside(importer: str, imported: str) -> bool:
    """Does a package's own __init__ gather its modules, or is a module inside what it imports?"""
    return imported.startswith(f"{importer}.") and importer == importer.partition(".")[0]


def _circle(graph: dict[str, set[str]]) -> list[str]:
    """Return the first circle found, its first module at both ends."""
    done: set[str] = set()

    def visit(module: str, path: list[str]) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return []
        for other in sorted(graph.get(module, ())):
            if found := visit(other, [*path, module]):
                return found
        done.add(module)
        return []

    return next((found for module in sorted(graph) if (found := visit(module, []))), [])


def test_the_environment_is_read_in_few_places() -> None:
    readers = [
        f"{place}:{node.lineno} reads the environment"
        for path in modules("runtime", "functions")
        if (place := path.relative_to(ROOT).as_posix()) not in READ_ENVIRONMENT
        for node in ast.walk(ast.parse(path.read_text()))
        if _reads_environment(node)
    ]

    assert not readers, "\n".join(readers)


def _reads_environment(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom) and node.module == "os":
        return any(alias.name in ("environ", "getenv") for alias in node.names)
    is_attribute = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    return is_attribute and ast.unparse(node) in ("os.environ", "os.getenv", "os.environb")  # type: ignore[arg-type]


def test_every_module_says_what_it_is_about() -> None:
    silent = [
        f"{path.relative_to(ROOT)} has no docstring"
        for path in modules(*PACKAGES)
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert not silent, "\n".join(silent)
