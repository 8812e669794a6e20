"""`python -m runtime SERVICE` loads what it serves."""

from __future__ import annotations

import subprocess
import sys

import pytest

from runtime.__main__ import _service
from runtime.errors import DeclarationError, SluiceError
from runtime.registry import load
from runtime.settings import Settings

LOADED = """
import sys
from runtime.__main__ import _service
from runtime.settings import Settings
_service("functions", "details", Settings())
print(*{name.split(".")[1] for name in sys.modules if name.startswith("functions.")})
"""


@pytest.mark.parametrize("name", sorted(load("functions").services))
def test_a_service_loaded_alone_is_the_same(name: str) -> None:
    found, all_of_them = _service("functions", name, Settings()), load("functions")

    assert found.functions == all_of_them.services[name].functions


def test_the_functions_of_other_services_are_left_where_they_are() -> None:
    words = [sys.executable, "-c", LOADED]
    found = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()

    assert "details" in found
    assert not set(found) & (set(load("functions").services) - {"details"})


@pytest.mark.parametrize("name", ["shop", "..", "domain", "a.b", ""])
def test_a_service_that_is_not_there_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(DeclarationError, match="it has: capture, customers, details"):
        _service("functions", name, Settings())


def test_a_protected_route_that_nobody_serves_is_refused_whatever_is_served() -> None:
    with pytest.raises(SluiceError, match="GET /v1/nothing"):
        _service("functions", "details", Settings(protected_routes="GET /v1/nothing"))
