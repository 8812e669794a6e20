"""Which key tokens are signed with."""

from __future__ import annotations

import stat
import threading

import pytest

from functions.security.signing_key import signing_key


def test_the_setting_is_the_key():
    assert signing_key({"SLUICE_JWT_KEY": "k" * 32, "SLUICE_LOCAL_SECRETS": "x"}) == "k" * 32


def test_without_a_setting_there_is_no_key():
    with pytest.raises(ValueError, match="'SLUICE_JWT_KEY' is missing"):
        signing_key({})


@pytest.mark.parametrize("key", ["", "0123456789abcdef0123456789abcde"])
def test_a_key_that_is_too_short_is_refused_and_not_quoted(key):
    with pytest.raises(ValueError, match=f"has {len(key)} bytes; expected at least 32") as refused:
        signing_key({"SLUICE_JWT_KEY": key, "SLUICE_LOCAL_SECRETS": "x"})

    assert not key or key not in str(refused.value)


def test_in_local_mode_a_random_one_is_made_up_and_kept(tmp_path):
    here, there = ({"SLUICE_LOCAL_SECRETS": str(tmp_path / name)} for name in ("a", "b"))

    first = signing_key(here)

    assert len(first) == 64
    assert signing_key(here) == first
    assert signing_key(there) != first


def test_the_one_made_up_is_readable_by_its_owner_only(tmp_path):
    folder = tmp_path / "secrets"
    signing_key({"SLUICE_LOCAL_SECRETS": str(folder)})

    [file] = folder.iterdir()

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_two_who_make_one_up_at_once_have_the_same(tmp_path):
    found: list[str] = []

    def make() -> None:
        found.append(signing_key({"SLUICE_LOCAL_SECRETS": str(tmp_path)}))

    makers = [threading.Thread(target=make) for _ in range(2)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()

    assert len(found) == 2
    assert found[0] == found[1]
