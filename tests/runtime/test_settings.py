"""Settings: read from the environment, and errors that name what was given and expected."""

from __future__ import annotations

import dataclasses

import pytest

from runtime.errors import SluiceError
from runtime.settings import Settings


def test_without_environment_every_setting_has_its_default() -> None:
    assert Settings.read({}) == Settings()


def test_names_are_sluices_or_daprs_own() -> None:
    settings = Settings.read(
        {
            "SLUICE_PORT": "8123",
            "SLUICE_WAIT_POLL_SECONDS": "0.5",
            "DAPR_GRPC_PORT": "50002",
            "APP_API_TOKEN": "a",
            "DAPR_API_TOKEN": "d",
        }
    )

    assert (settings.port, settings.wait_poll_seconds) == (8123, 0.5)
    assert (settings.dapr_grpc_port, settings.app_api_token) == (50002, "a")
    assert settings.dapr_api_token == "d"


def test_what_is_not_a_setting_is_passed_over() -> None:
    assert Settings.read({"SLUICE_COLOUR": "red", "PORT": "1"}) == Settings()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SLUICE_PORT", "abc", "a whole number"),
        ("SLUICE_PORT", "", "a whole number"),
        ("SLUICE_PORT", "80.5", "a whole number"),
        ("SLUICE_PORT", "65536", "a port from 0 to 65535"),
        ("DAPR_GRPC_PORT", "-1", "a port from 0 to 65535"),
        ("SLUICE_WAIT_POLL_SECONDS", "soon", "a number"),
        ("SLUICE_WAIT_POLL_SECONDS", "nan", "a number above 0"),
        ("SLUICE_WAIT_POLL_SECONDS", "inf", "a number above 0"),
        ("SLUICE_WAIT_POLL_SECONDS", "0", "a number above 0"),
        ("SLUICE_THREADS", "0", "a number above 0"),
        ("SLUICE_RETENTION_SECONDS", "-5", "a number above 0"),
        ("SLUICE_LOG_LEVEL", "loud", "debug, info, warning or error"),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(
    name: str, value: str, expected: str
) -> None:
    with pytest.raises(SluiceError) as caught:
        Settings.read({name: value})

    assert str(caught.value) == f"The setting {name} is {value!r}; expected {expected}."


def test_a_log_level_may_be_written_large() -> None:
    assert Settings.read({"SLUICE_LOG_LEVEL": "INFO"}).log_level == "info"


def test_tables_need_not_be_waited_for() -> None:
    assert Settings.read({"SLUICE_TABLES_WAIT_SECONDS": "0"}).tables_wait_seconds == 0


def test_settings_cannot_be_changed_later() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize("token", ["a secret\n", "ein Schlüssel"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(SluiceError, match=r"DAPR_API_TOKEN has .* expected printable") as caught:
        Settings.read({"DAPR_API_TOKEN": token})

    assert token.strip() not in str(caught.value)
