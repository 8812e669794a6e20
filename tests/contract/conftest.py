"""Runs every fact on every platform that has what the fact needs."""

from collections.abc import Iterator

import pytest

from tests.contract.platforms import LACKS, PLATFORMS, Platform


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*features): runs on platforms that have all of them")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "platform" in metafunc.fixturenames:
        wanted = {f for mark in metafunc.definition.iter_markers("needs") for f in mark.args}
        able = [name for name in PLATFORMS if wanted.isdisjoint(LACKS[name])]
        metafunc.parametrize("platform", able, indirect=True)


@pytest.fixture
def platform(request, tmp_path) -> Iterator[Platform]:
    with PLATFORMS[request.param](tmp_path) as made:
        yield made


@pytest.fixture
def sidecar(platform):
    return platform.sidecar
