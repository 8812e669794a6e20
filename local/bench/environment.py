"""The Python environment of the peers that are libraries: they are no dependency of the product.

It is made on first use below the platform's folder (370 MB from PyPI, half a minute) out of
`peers/requirements.lock`, and made anew when that or this Python is another one:

    uv pip compile --generate-hashes --no-header --no-annotate --python-version 3.11 \\
        requirements.in -o requirements.lock
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local.cluster.layout import Layout, Stamp
from local.cluster.lock import locked
from local.cluster.progress import Progress
from local.cluster.settings import Settings
from local.errors import Failure

#: Every package with its version and its hashes.
LOCK = Path(__file__).parent / "peers" / "requirements.lock"

#: Those that are peers themselves; the others are what they need.
_NAMED = ("faststream", "quixstreams", "faust-streaming")
#: Wheels only: building a package would run what no hash in the lock covers.
_INSTALL = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes")
_ONLY_WHEELS = ("--only-binary", ":all:")


class EnvironmentMissing(Failure):
    """The environment of the peers could not be made."""


@dataclass(frozen=True)
class Environment:
    """The environment in the platform's folder, out of this lock file."""

    layout: Layout
    lock: Path = LOCK

    @property
    def python(self) -> Path:
        """The interpreter that runs the peers' programs, once it is made."""
        return self.layout.peers / "bin" / "python"

    @property
    def is_made(self) -> bool:
        """True when it is there, out of this lock and for this Python."""
        return self.python.exists() and self._stamp.matches()

    @property
    def versions(self) -> dict[str, str]:
        """The versions of the peers that the lock names."""
        lines = self.lock.read_text().splitlines()
        pinned = (line.split()[0].partition("==") for line in lines if "==" in line)
        return {name: version for name, _, version in pinned if name in _NAMED}

    def make(self, tell: Progress) -> None:
        """Make it unless it is there. Raises EnvironmentMissing, e.g. where there is no network."""
        if self.is_made:
            return
        with locked(self.layout.root / "peers.lock"):
            if self.is_made:
                return
            tell("peers", "installing FastStream, Quix Streams and Faust beside the product")
            shutil.rmtree(self.layout.peers, ignore_errors=True)
            _run([sys.executable, "-m", "venv", str(self.layout.peers)])
            _run([str(self.python), *_INSTALL, *_ONLY_WHEELS, "--requirement", str(self.lock)])
            # Only now: an environment that was left half made is made anew.
            self._stamp.write()
            tell("peers", "installed")

    @property
    def _stamp(self) -> Stamp:
        return Stamp(self.layout, "peers", [str(self.lock.resolve())], [sys.version])


def environment() -> Environment:
    """The one that all benches on this machine share."""
    return Environment(Layout(Settings.from_environment().platform_dir))


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise EnvironmentMissing(
            f"The environment of the peers could not be made: {' '.join(command[:4])} ... said "
            f"{said[-1] if said else 'nothing'!r}. It needs PyPI once. Leave those peers out with "
            "--without-peers, or name others with --peers."
        )
