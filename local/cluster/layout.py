"""Where is each built thing, and what was it built from?"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local.cluster.settings import SOURCES

KAFKA_VERSION = "4.1.0"
#: The last line of OpenSearch that runs on Java 17.
OPENSEARCH_VERSION = "2.19.1.0"
REGISTRY_VERSION = "2.6.13.Final"


@dataclass(frozen=True)
class Layout:
    """Where things are under the platform's folder."""

    root: Path

    @property
    def daprd(self) -> Path:
        """The sidecar."""
        return self.root / ".dapr" / "bin" / "daprd"

    @property
    def runtime_path(self) -> Path:
        """Dapr's `runtimePath`: below it the dapr command looks for daprd and its settings.

        Not the platform's folder itself: `dapr run` cannot be told that daprd is to listen on
        loopback with everything it serves, so that it starts a few lines that do.
        """
        return self.root / "loopback"

    @property
    def dapr(self) -> Path:
        """The dapr command."""
        return self.root / "bin" / "dapr"

    @property
    def kafka_jars(self) -> Path:
        """The folder of the broker's jars."""
        return self.root / f"kafka-{KAFKA_VERSION}"

    @property
    def opensearch(self) -> Path:
        """The folder of OpenSearch's jars, and of the program that starts it."""
        return self.root / f"opensearch-{OPENSEARCH_VERSION}"

    @property
    def registry(self) -> Path:
        """The folder of the schema registry's jars."""
        return self.root / f"registry-{REGISTRY_VERSION}"

    @property
    def peers(self) -> Path:
        """The Python environment of the bench's peers."""
        return self.root / "peers"

    @property
    def tools(self) -> Path:
        """Go and Java, where the machine has none."""
        return self.root / "tools"

    @property
    def logs(self) -> Path:
        """What the compilers said."""
        return self.root / "logs"


@dataclass(frozen=True)
class Stamp:
    """What a result was built from: the text of some source files and the options."""

    layout: Layout
    name: str
    sources: Sequence[str]
    options: Sequence[str]

    @property
    def path(self) -> Path:
        """The file of the stamp."""
        return self.layout.root / "stamps" / self.name

    def matches(self) -> bool:
        """True when the result was built from the same."""
        return self.path.exists() and self.path.read_text() == self._text()

    def write(self) -> None:
        """Say that it is built now."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(self._text())

    def _text(self) -> str:
        digest = hashlib.sha256()
        for source in self.sources:
            digest.update((SOURCES / source).read_bytes())
        digest.update("\n".join(self.options).encode())
        return digest.hexdigest()
