"""What every test may use, and the rule that on CI no test is left out."""

import os
import signal
from collections.abc import Generator

import pytest

pytest_plugins = ["tests.platform"]


#: Whole systems are started, killed and fed for seconds here: nothing for between two edits.
SLOW_FOLDERS = {"chaos", "flows", "fuzz", "hostile", "outages", "provider", "security"}

#: And so it is here, or a property is tried with hundreds of stories.
SLOW_FILES = {
    *("test_demo", "test_up", "test_dlq", "test_sluice_at_work", "test_importing"),
    *("test_bench_dead_letters", "test_bench_runs", "test_measures", "test_a_killed_process"),
    *("test_embedded_crash", "test_runner", "test_dapr"),
    *("test_server", "test_bodies", "test_long_polls"),
    *("test_delivery_under_faults", "test_failures_under_faults"),
}


def pytest_configure() -> None:
    """Let Ctrl-C be heard by what the tests start: a shell's `&` has it ignored from then on."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what is slow out of `make test-fast`."""
    for item in items:
        folders = set(item.path.relative_to(item.config.rootpath).parts)
        if SLOW_FOLDERS & folders or item.path.stem in SLOW_FILES:
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
