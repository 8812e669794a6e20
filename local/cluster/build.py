"""The programs of the platform, built from the registries once per machine.

daprd and the dapr command come from the Go module proxy, Kafka's jars from Maven Central. What is
built is stamped with what it was built from, so that a second call only compares stamps.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local.cluster import tools
from local.cluster.errors import BuildFailed
from local.cluster.lock import locked
from local.cluster.progress import Progress, silent
from local.cluster.settings import SOURCES

DAPR_VERSION = "1.16.5"
KAFKA_VERSION = "4.1.0"

#: The CLI wants a Configuration to exist; an empty one changes nothing.
_CONFIGURATION = """\
apiVersion: dapr.io/v1alpha1
kind: Configuration
metadata:
  name: daprConfig
"""


@dataclass(frozen=True)
class Layout:
    """Where things are under the platform's folder, which is also Dapr's `runtimePath`."""

    root: Path

    @property
    def daprd(self) -> Path:
        """The sidecar; the dapr command finds it only here."""
        return self.root / ".dapr" / "bin" / "daprd"

    @property
    def dapr(self) -> Path:
        """The dapr command."""
        return self.root / "bin" / "dapr"

    @property
    def kafka_jars(self) -> Path:
        """The folder of the broker's jars."""
        return self.root / f"kafka-{KAFKA_VERSION}"

    @property
    def tools(self) -> Path:
        """Go and Java, where the machine has none."""
        return self.root / "tools"

    @property
    def logs(self) -> Path:
        """What the compilers said."""
        return self.root / "logs"


def build_dapr(layout: Layout, progress: Progress = silent) -> None:
    """Have daprd and the dapr command built: 6 minutes and 4 GB of Go's caches the first time."""
    with locked(layout.root / "dapr.lock"):
        for name, target, package, options in (
            (
                "daprd",
                layout.daprd,
                "github.com/dapr/dapr/cmd/daprd",
                # Exactly one of the tags stablecomponents and allcomponents, else daprd panics.
                ["-tags", "stablecomponents", "-ldflags"]
                + [f"-s -w -X github.com/dapr/dapr/pkg/buildinfo.version={DAPR_VERSION}"],
            ),
            (
                "dapr",
                layout.dapr,
                "github.com/dapr/cli",
                ["-ldflags", f"-s -w -X main.version={DAPR_VERSION} -X main.apiVersion=1.0"],
            ),
        ):
            stamp = _Stamp(layout.root / "stamps" / name, ["go.mod", "go.sum"], [package, *options])
            if target.exists() and stamp.matches():
                continue
            go = tools.find_go(layout.tools, progress)
            progress(name, "building from source, some minutes the first time")
            target.parent.mkdir(parents=True, exist_ok=True)
            unfinished = target.with_suffix(".unfinished")
            command = [str(go), "build", "-mod=readonly", "-buildvcs=false", "-trimpath", *options]
            _run(
                [*command, "-o", str(unfinished), package],
                name,
                layout.logs / f"build-{name}.log",
                # Without cgo the programs run on any Linux, and no C compiler is needed.
                {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": ""},
            )
            unfinished.replace(target)
            stamp.write()
            progress(name, "built")
    # `dapr run` needs both beside daprd, even empty.
    (layout.root / ".dapr" / "components").mkdir(parents=True, exist_ok=True)
    configuration = layout.root / ".dapr" / "config.yaml"
    if not configuration.exists():
        configuration.write_text(_CONFIGURATION)


def build_kafka(layout: Layout, java: Path, progress: Progress = silent) -> None:
    """Have the broker's jars copied from Maven Central: 46 jars, 45 MB."""
    with locked(layout.root / "kafka.lock"):
        stamp = _Stamp(layout.root / "stamps" / "kafka", ["pom.xml"], [KAFKA_VERSION])
        if layout.kafka_jars.exists() and stamp.matches():
            return
        maven = tools.find_maven(progress)
        progress("kafka", f"fetching the jars of {KAFKA_VERSION}")
        unfinished = layout.root / "kafka.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        _run(
            [str(maven), "--batch-mode", "--file", str(SOURCES / "pom.xml")]
            + [f"-Dkafka.version={KAFKA_VERSION}", f"-DoutputDirectory={unfinished}"]
            + ["-DincludeScope=runtime", "dependency:copy-dependencies"],
            "kafka",
            layout.logs / "build-kafka.log",
            {"JAVA_HOME": str(java.resolve().parents[1])},
        )
        shutil.rmtree(layout.kafka_jars, ignore_errors=True)
        unfinished.rename(layout.kafka_jars)
        stamp.write()


@dataclass(frozen=True)
class _Stamp:
    """What a result was built from: the text of some source files and the options."""

    path: Path
    sources: Sequence[str]
    options: Sequence[str]

    def matches(self) -> bool:
        return self.path.exists() and self.path.read_text() == self._text()

    def write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(self._text())

    def _text(self) -> str:
        digest = hashlib.sha256()
        for source in self.sources:
            digest.update((SOURCES / source).read_bytes())
        digest.update("\n".join(self.options).encode())
        return digest.hexdigest()


def _run(command: Sequence[str], name: str, log: Path, settings: dict[str, str]) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as file:
        done = subprocess.run(
            command,
            cwd=SOURCES,
            env=os.environ | settings,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        lines = log.read_text(errors="replace").strip().splitlines()
        raise BuildFailed(
            f"Build of {name!r} ended with {done.returncode}; expected 0. "
            f"The last thing it said: {lines[-1] if lines else 'nothing'}. Read {log}."
        )
