"""What every test may use, and the rule that on CI no test is left out."""

import os
from collections.abc import Generator

import pytest

pytest_plugins = ["tests.platform"]


#: Whole systems are started, killed and fed for seconds here: nothing for between two edits.
SLOW_FOLDERS = {"chaos", "flows", "fuzz", "hostile", "outages", "provider", "security"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave whole folders out of `make test-fast`."""
    for item in items:
        if SLOW_FOLDERS & set(item.path.relative_to(item.config.rootpath).parts):
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """On CI a test that cannot run has failed: a green run must have run everything."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped: {report.longrepr}"
    return report
