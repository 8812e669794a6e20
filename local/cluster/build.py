"""The programs of the platform, built from the registries once per machine.

daprd and the dapr command come from the Go module proxy, the jars of Kafka and of OpenSearch from
Maven Central. What is built is stamped with what it was built from, so that a second call only
compares stamps.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from local.cluster import tools
from local.cluster.errors import BuildFailed
from local.cluster.layout import (
    KAFKA_VERSION,
    OPENSEARCH_VERSION,
    REGISTRY_VERSION,
    Layout,
    Stamp,
)
from local.cluster.lock import locked
from local.cluster.ports import DAPRD_ON_LOOPBACK
from local.cluster.progress import Progress, silent
from local.cluster.settings import SOURCES

#: The same as in go.mod, which says what is built; this says what it calls itself.
DAPR_VERSION = "1.16.5"

#: The CLI wants a Configuration to exist; an empty one changes nothing.
_CONFIGURATION = """\
apiVersion: dapr.io/v1alpha1
kind: Configuration
metadata:
  name: daprConfig
"""

#: Stands where the dapr command looks for daprd; a flag that it gives itself comes later and wins.
_LOOPBACK = f"""\
#!/bin/sh
exec "${{0%/*}}/../../../.dapr/bin/daprd" {" ".join(DAPRD_ON_LOOPBACK)} "$@"
"""


@dataclass(frozen=True)
class _Program:
    """One of the two that the Go toolchain builds."""

    name: str
    package: str
    options: Sequence[str]
    target: Path

    def stamp(self, layout: Layout) -> Stamp:
        return Stamp(layout, self.name, ["go.mod", "go.sum"], [self.package, *self.options])

    def is_built(self, layout: Layout) -> bool:
        return self.target.exists() and self.stamp(layout).matches()


def build_dapr(layout: Layout, progress: Progress = silent, cancelled: Event | None = None) -> None:
    """Have daprd and the dapr command built: 6 minutes and 4 GB of Go's caches the first time.

    Once `cancelled` is set the compiler is ended and BuildFailed raised; what it has compiled so
    far stays in Go's cache.
    """
    programs = _programs(layout)
    if all(program.is_built(layout) for program in programs) and _is_laid_out(layout):
        return  # without the lock: somebody else's platform may be readable only
    with locked(layout.root / "dapr.lock"):
        _lay_out(layout)
        for program in programs:
            if not program.is_built(layout):
                _build(program, layout, progress, cancelled or Event())


def build_kafka(
    layout: Layout, progress: Progress = silent, cancelled: Event | None = None
) -> None:
    """Have the broker's jars copied from Maven Central: 46 jars, 45 MB."""
    stamp = Stamp(layout, "kafka", ["pom.xml"], [KAFKA_VERSION])
    _fetch(stamp, layout.kafka_jars, ["dependency:copy-dependencies"], progress, cancelled)


def build_opensearch(
    layout: Layout, progress: Progress = silent, cancelled: Event | None = None
) -> None:
    """Have OpenSearch's 94 jars copied from Maven Central, 53 MB, and our program compiled."""
    sources = ["opensearch/pom.xml", "opensearch/Node.java"]
    stamp = Stamp(layout, "opensearch", sources, [OPENSEARCH_VERSION])
    goals = ["dependency:copy-dependencies", "compiler:compile"]
    _fetch(stamp, layout.opensearch, goals, progress, cancelled)


def build_registry(
    layout: Layout, progress: Progress = silent, cancelled: Event | None = None
) -> None:
    """Have the schema registry copied from Maven Central: one archive of 142 MB."""
    stamp = Stamp(layout, "registry", ["registry/pom.xml"], [REGISTRY_VERSION])
    _fetch(stamp, layout.registry, ["dependency:unpack-dependencies"], progress, cancelled)


def _fetch(
    stamp: Stamp, target: Path, goals: Sequence[str], progress: Progress, cancelled: Event | None
) -> None:
    """Let Maven fill a folder, unless it was filled from the same; the first source is its pom."""
    layout, name, [version] = stamp.layout, stamp.name, stamp.options
    if target.exists() and stamp.matches():
        return
    with locked(layout.root / f"{name}.lock"):
        if target.exists() and stamp.matches():
            return
        maven = tools.find_maven(progress)
        progress(name, f"fetching the jars of {version}")
        unfinished = layout.root / f"{name}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        command = [str(maven), "--batch-mode", "--file", str(SOURCES / stamp.sources[0])]
        command += [f"-D{name}.version={version}", f"-DoutputDirectory={unfinished}"]
        command += ["-DincludeScope=runtime", *goals]
        settings = tools.maven_settings(layout.tools, progress)
        _run(command, name, layout, settings, cancelled or Event())
        shutil.rmtree(target, ignore_errors=True)
        unfinished.rename(target)
        stamp.write()


def _is_laid_out(layout: Layout) -> bool:
    return all(path.exists() and path.read_text() == text for path, text in _files(layout))


def _lay_out(layout: Layout) -> None:
    """Write what the dapr command looks for below `runtimePath`."""
    # It needs this folder, even empty.
    (layout.runtime_path / ".dapr" / "components").mkdir(parents=True, exist_ok=True)
    for path, text in _files(layout):
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(text)
        unfinished.chmod(0o755)
        unfinished.replace(path)


def _files(layout: Layout) -> list[tuple[Path, str]]:
    folder = layout.runtime_path / ".dapr"
    return [(folder / "config.yaml", _CONFIGURATION), (folder / "bin" / "daprd", _LOOPBACK)]


def _programs(layout: Layout) -> list[_Program]:
    version = f"-X github.com/dapr/dapr/pkg/buildinfo.version={DAPR_VERSION}"
    # Exactly one of the tags stablecomponents and allcomponents, else daprd panics.
    daprd = ["-tags", "stablecomponents", "-ldflags", f"-s -w {version}"]
    # The command decides by these what it may ask of daprd.
    dapr = ["-ldflags", f"-s -w -X main.version={DAPR_VERSION} -X main.apiVersion=1.0"]
    return [
        _Program("daprd", "github.com/dapr/dapr/cmd/daprd", daprd, layout.daprd),
        _Program("dapr", "github.com/dapr/cli", dapr, layout.dapr),
    ]


def _build(program: _Program, layout: Layout, progress: Progress, cancelled: Event) -> None:
    go = tools.find_go(layout.tools, progress)
    progress(program.name, "building from source, some minutes the first time")
    program.target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = program.target.with_suffix(".unfinished")
    command = [str(go), "build", "-mod=readonly", "-buildvcs=false", "-trimpath"]
    command += [*program.options, "-o", str(unfinished), program.package]
    # Without cgo the programs run on any Linux, and no C compiler is needed.
    settings = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": ""}
    _run(command, program.name, layout, settings, cancelled)
    unfinished.replace(program.target)
    program.stamp(layout).write()
    progress(program.name, "built")


def _run(
    command: Sequence[str],
    name: str,
    layout: Layout,
    settings: Mapping[str, str],
    cancelled: Event,
) -> None:
    log = layout.logs / f"build-{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as file:
        child = subprocess.Popen(
            command,
            cwd=SOURCES,
            env=os.environ | dict(settings),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        with child:
            while (code := _ended(child)) is None:
                if cancelled.is_set():
                    child.terminate()
    if code != 0:
        lines = log.read_text(errors="replace").strip().splitlines()
        raise BuildFailed(
            f"Build of {name!r} ended with {code}; expected 0. "
            f"The last thing it said: {lines[-1] if lines else 'nothing'}. Read {log}."
        )


def _ended(child: subprocess.Popen[bytes]) -> int | None:
    try:
        return child.wait(timeout=0.2)
    except subprocess.TimeoutExpired:
        return None
