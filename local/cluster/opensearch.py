"""The search server: one OpenSearch node. Only who asks for it gets it."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from local.cluster.java import QUICK
from local.cluster.members import Member

#: It takes 270 MB with this, and holds the orders of a laptop.
_HEAP = ("-Xms256m", "-Xmx512m")


class OpenSearch(Member):
    """OpenSearch from its jars, started by `local/platform/opensearch/Node.java`."""

    name: ClassVar[str] = "opensearch"
    # 6 s on a machine that does nothing else.
    ready_seconds: ClassVar[float] = 120.0
    optional: ClassVar[bool] = True

    def __init__(self, directory: Path, port: int, java: Path, classes: Path) -> None:
        super().__init__(directory, port)
        self.java = java
        self.classes = classes

    @property
    def url(self) -> str:
        """What SLUICE_SEARCH_URL is set to."""
        return f"http://{self.address}"

    def prepare(self) -> None:
        """Make sure that it was asked for; the node writes its own files."""
        self.refuse_unless_asked_for((self.classes / "Node.class").exists())
        # A node that was killed leaves what it had unpacked to start with.
        shutil.rmtree(self._home / "node_1" / "modules", ignore_errors=True)

    def command(self) -> list[str]:
        """The JVM with our few lines."""
        return [str(self.java), *_HEAP, *QUICK, "Node", str(self._home), str(self.port)]

    def environment(self) -> Mapping[str, str]:
        """The classpath goes here, not to the arguments, where `ps` would show 94 jars."""
        jars = sorted(str(jar) for jar in self.classes.glob("*.jar"))
        return os.environ | {"CLASSPATH": os.pathsep.join([str(self.classes), *jars])}

    def works(self) -> bool:
        """True when the node has found itself, and answers for its indices."""
        return self.answers_well("/_cluster/health?wait_for_status=yellow&timeout=1s")

    @property
    def _home(self) -> Path:
        return self.directory / "opensearch"
