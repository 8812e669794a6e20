"""Where the platform and a cluster are kept."""

from pathlib import Path

import pytest

from local.cluster.errors import SettingInvalid
from local.cluster.settings import Settings


def test_both_folders_are_settings(tmp_path: Path):
    settings = Settings.from_environment(
        {"SLUICE_PLATFORM_DIR": str(tmp_path / "p"), "SLUICE_CLUSTER_DIR": str(tmp_path / "c")}
    )

    assert settings == Settings(tmp_path / "p", tmp_path / "c")


def test_the_cluster_is_kept_in_the_platform_unless_told_otherwise(tmp_path: Path):
    settings = Settings.from_environment({"SLUICE_PLATFORM_DIR": str(tmp_path)})

    assert settings.cluster_dir == tmp_path / "cluster"


def test_a_file_is_no_folder(tmp_path: Path):
    (tmp_path / "file").touch()

    with pytest.raises(SettingInvalid, match=r"'SLUICE_CLUSTER_DIR' is .*expected a folder"):
        Settings.from_environment({"SLUICE_CLUSTER_DIR": str(tmp_path / "file")})
