"""The schema registry: Apicurio's, which speaks as Confluent's does. Only who asks gets it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from local.cluster.java import QUICK
from local.cluster.members import Member
from local.cluster.ports import HOST

_HEAP = ("-Xms64m", "-Xmx256m")
#: Confluent's API, version 7.
API = "/apis/ccompat/v7"
#: What a registry of Confluent's does unless told otherwise; this one would take every schema.
_RULE = b'{"compatibility": "BACKWARD"}'


class Registry(Member):
    """Apicurio Registry from its jars. Its database is a file, for ids must outlive it."""

    name: ClassVar[str] = "registry"
    # 3 s on a machine that does nothing else.
    ready_seconds: ClassVar[float] = 180.0
    optional: ClassVar[bool] = True

    def __init__(self, directory: Path, port: int, java: Path, folder: Path) -> None:
        super().__init__(directory, port)
        self.java = java
        self.folder = folder

    @property
    def url(self) -> str:
        """What SLUICE_SCHEMA_REGISTRY is set to."""
        return f"http://{self.address}{API}"

    def prepare(self) -> None:
        """Make sure that it was asked for; it makes its own files."""
        self.refuse_unless_asked_for(bool(self._jars()))
        self._home.mkdir(parents=True, exist_ok=True)

    def command(self) -> list[str]:
        """The JVM with the registry's own jar, which names the others."""
        return [str(self.java), *_HEAP, *QUICK, "-jar", str(self._jars()[0])]

    def environment(self) -> Mapping[str, str]:
        """Its settings."""
        return os.environ | {
            "QUARKUS_HTTP_HOST": HOST,
            "HTTP_PORT": str(self.port),
            # Written when it is answered, not half a second later: records have the number then.
            "REGISTRY_DATASOURCE_URL": f"jdbc:h2:file:{self._home / 'registry'};WRITE_DELAY=0",
        }

    def works(self) -> bool:
        """True when it takes the rule by which versions of a schema have to be compatible."""
        return self.answers_well(f"{API}/config", method="PUT", body=_RULE, seconds=5.0)

    def _jars(self) -> list[Path]:
        return list(self.folder.glob("*-runner.jar"))

    @property
    def _home(self) -> Path:
        return self.directory / "registry"
