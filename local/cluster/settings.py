"""Where are the built platform and the cluster's data?"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.cluster.errors import SettingInvalid

#: The folder that holds `local/`: a checkout of the project, or a site-packages folder.
_HOME = Path(__file__).resolve().parents[2]

#: What the platform is built from: go.mod, go.sum and pom.xml.
SOURCES = _HOME / "local" / "platform"


@dataclass(frozen=True)
class Settings:
    """Two folders: one that any number of clusters share, and one of a single cluster."""

    platform_dir: Path
    cluster_dir: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read SLUICE_PLATFORM_DIR and SLUICE_CLUSTER_DIR, each with a default."""
        platform = _folder(environment, "SLUICE_PLATFORM_DIR", _default_platform_dir())
        cluster = _folder(environment, "SLUICE_CLUSTER_DIR", platform / "cluster")
        return cls(platform, cluster)


def _default_platform_dir() -> Path:
    # An installed package must not build 230 MB into site-packages.
    if _HOME.name in ("site-packages", "dist-packages"):
        return Path.home() / ".cache" / "sluice" / "platform"
    return _HOME / ".platform"


def _folder(environment: Mapping[str, str], name: str, default: Path) -> Path:
    text = environment.get(name, "")
    path = Path(text).expanduser().resolve() if text else default
    if path.exists() and not path.is_dir():
        raise SettingInvalid(
            f"Setting {name!r} is {text!r}, which is a file; "
            f"expected a folder, which is made when it is missing."
        )
    return path
