"""Which functions are there? Loads packages and refuses what does not fit together."""

from __future__ import annotations

import importlib
import pkgutil
import re
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from runtime.errors import DeclarationError
from runtime.spec import Every, FunctionSpec, Http, Topic


@dataclass
class Service:
    """A folder of functions that share tables and are deployed as one Dapr app."""

    name: str
    functions: dict[str, FunctionSpec] = field(default_factory=dict)

    def of_kind(self, kind: type[Topic | Http | Every]) -> list[FunctionSpec]:
        """Its functions with this kind of trigger."""
        return [f for f in self.functions.values() if isinstance(f.trigger, kind)]


@dataclass
class Registry:
    """All services of an application."""

    services: dict[str, Service]

    def functions(self) -> list[FunctionSpec]:
        """Every function, ordered by service and name."""
        return [f for _, s in sorted(self.services.items()) for f in s.functions.values()]

    def get(self, id: str) -> FunctionSpec | None:
        """Return the function called `service.name`, or None."""
        service, _, name = id.partition(".")
        found = self.services.get(service)
        return found.functions.get(name) if found else None


def load(*packages: str) -> Registry:
    """Import every module of the packages and collect the functions declared there.

    A service is a folder below the package. Raises DeclarationError with all problems at once:
    two functions of one name, two row types for one table, two functions on one route.
    """
    specs: dict[str, FunctionSpec] = {}
    problems: list[str] = []
    for package in packages:
        for module in _modules(package):
            for spec in _declared(module):
                if specs.setdefault(spec.id, spec) is not spec:
                    other = specs[spec.id].call.__module__
                    problems.append(f"{spec.id} is declared in {other} and in {module.__name__}")
    problems += _clashes(list(specs.values()))
    if problems:
        listed = "".join(f"\n  - {problem}" for problem in problems)
        raise DeclarationError(f"The functions of {', '.join(packages)} do not fit:{listed}")
    services: dict[str, Service] = {}
    for _, spec in sorted(specs.items()):
        services.setdefault(spec.service, Service(spec.service)).functions[spec.name] = spec
    return Registry(services)


def _modules(package: str) -> list[ModuleType]:
    try:
        root = importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package.partition(".")[0] and error.name != package:
            raise
        raise DeclarationError(
            f"The package {package!r} cannot be imported; expected a Python package of functions "
            "that can be found from here (is its folder on PYTHONPATH?)."
        ) from None
    for path in getattr(root, "__path__", []):
        _refuse_unseen(package, Path(path))
    found = [root]
    for info in pkgutil.walk_packages(getattr(root, "__path__", []), f"{package}."):
        found.append(importlib.import_module(info.name))
    return found


def _refuse_unseen(package: str, folder: Path) -> None:
    """A folder of modules that is no package would be passed over, with all its functions."""
    for inner in sorted(folder.iterdir()):
        if inner.is_dir() and inner.name.isidentifier() and inner.name != "__pycache__":
            if not (inner / "__init__.py").exists() and any(inner.glob("*.py")):
                raise DeclarationError(
                    f"The folder {inner.name!r} of {package!r} has modules and no __init__.py; "
                    "expected one, or its functions would not be found. An empty file will do."
                )
            _refuse_unseen(f"{package}.{inner.name}", inner)


def _declared(module: ModuleType) -> list[FunctionSpec]:
    """The functions that this module declares itself, not those it imported."""
    found = [_spec_of(value) for value in vars(module).values()]
    return [
        spec
        for spec in found
        if isinstance(spec, FunctionSpec) and spec.call.__module__ == module.__name__
    ]


def _spec_of(value: Any) -> Any:
    try:
        return getattr(value, "spec", None)
    except Exception:  # some things mind being looked at: Flask's `request` outside of a request
        return None


def _clashes(specs: list[FunctionSpec]) -> list[str]:
    problems = []
    rows: dict[tuple[str, str], tuple[Any, str]] = {}
    routes: dict[tuple[str, str], str] = {}
    for spec in specs:
        for table in spec.parameters:
            if table.source not in ("table", "timers"):
                continue
            row, other = rows.setdefault((spec.service, table.name), (table.type, spec.id))
            if row != table.type:
                problems.append(
                    f"the table {table.name!r} has rows {row} in {other} "
                    f"but {table.type} in {spec.id}"
                )
        if isinstance(spec.trigger, Http):
            route = re.sub(r"{\w+}", "{}", str(spec.trigger))
            other = routes.setdefault((spec.service, route), spec.id)
            if other != spec.id:
                problems.append(f"{spec.trigger} is served by {other} and by {spec.id}")
    return problems
