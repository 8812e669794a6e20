"""Building once, with a compiler that only writes down that it was called."""

import shutil
import subprocess
from pathlib import Path
from threading import Event, Thread

import pytest

from local.cluster import build
from local.cluster.errors import BuildFailed
from local.cluster.layout import Layout
from local.cluster.ports import DAPRD_ON_LOOPBACK
from tests.waiting import wait_until

GO = """\
#!/bin/sh
[ "$1" = version ] && { echo go version go1.26.6 linux/amd64; exit; }
echo "$@" >> CALLS
BEFORE
while [ "$1" != -o ]; do shift; done
echo program > "$2"
"""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "platform")


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file with a line for each call of the compiler."""
    path = tmp_path / "calls"
    path.touch()
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    write_go(tmp_path)
    return path


def write_go(tmp_path: Path, before: str = ":") -> None:
    go = tmp_path / "bin" / "go"
    go.write_text(GO.replace("CALLS", str(tmp_path / "calls")).replace("BEFORE", before))
    go.chmod(0o755)


def test_builds_both_programs_where_the_dapr_command_looks_for_them(layout: Layout, calls: Path):
    build.build_dapr(layout)

    assert (layout.runtime_path / ".dapr" / "bin" / "daprd").exists()
    assert layout.daprd.exists()
    assert layout.dapr.exists()
    configuration = layout.runtime_path / ".dapr" / "config.yaml"
    assert "kind: Configuration" in configuration.read_text()


def test_has_the_dapr_command_start_daprd_on_loopback(layout: Layout, calls: Path):
    build.build_dapr(layout)
    layout.daprd.write_text('#!/bin/sh\necho "$@"\n')
    layout.daprd.chmod(0o755)

    found = layout.runtime_path / ".dapr" / "bin" / "daprd"
    said = subprocess.run([found, "--app-id", "orders"], capture_output=True, text=True, check=True)

    assert said.stdout.split() == [*DAPRD_ON_LOOPBACK, "--app-id", "orders"]


def test_lays_out_a_platform_that_was_built_before(layout: Layout, calls: Path):
    build.build_dapr(layout)
    shutil.rmtree(layout.runtime_path)

    build.build_dapr(layout)

    assert (layout.runtime_path / ".dapr" / "bin" / "daprd").exists()
    assert len(calls.read_text().splitlines()) == 2


def test_never_changes_the_pinned_versions(layout: Layout, calls: Path):
    build.build_dapr(layout)

    assert all("-mod=readonly" in call for call in calls.read_text().splitlines())


def test_a_second_call_builds_nothing(layout: Layout, calls: Path):
    build.build_dapr(layout)
    build.build_dapr(layout)

    assert len(calls.read_text().splitlines()) == 2


def test_builds_again_when_it_was_built_from_other_sources(layout: Layout, calls: Path):
    build.build_dapr(layout)
    (layout.root / "stamps" / "daprd").write_text("another go.sum")

    build.build_dapr(layout)

    assert len(calls.read_text().splitlines()) == 3


def test_two_builds_at_once_build_once(layout: Layout, calls: Path):
    both = [Thread(target=build.build_dapr, args=(layout,)) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()

    assert len(calls.read_text().splitlines()) == 2


def test_a_failed_build_keeps_the_old_program_and_names_the_log(
    layout: Layout, calls: Path, tmp_path: Path
):
    build.build_dapr(layout)
    (layout.root / "stamps" / "daprd").unlink()
    write_go(tmp_path, before="echo no space left >&2; exit 2")

    with pytest.raises(BuildFailed, match=r"ended with 2.*no space left.*build-daprd\.log"):
        build.build_dapr(layout)

    assert layout.daprd.read_text() == "program\n"


def test_ends_the_compiler_when_it_is_cancelled(layout: Layout, calls: Path, tmp_path: Path):
    write_go(tmp_path, before="exec sleep 250")
    cancelled = Event()
    failures: list[BuildFailed] = []

    def run() -> None:
        try:
            build.build_dapr(layout, cancelled=cancelled)
        except BuildFailed as failure:
            failures.append(failure)

    thread = Thread(target=run)
    thread.start()
    wait_until(lambda: calls.read_text() != "")
    cancelled.set()
    thread.join()

    assert len(failures) == 1
    assert not layout.daprd.exists()
