"""AWS is used where somebody said so, never because a laptop happens to have credentials."""

from __future__ import annotations

import pytest

from functions import aws


@pytest.mark.parametrize(
    ("environ", "used"),
    [
        ({}, False),
        ({"AWS_ACCESS_KEY_ID": "key", "AWS_PROFILE": "work", "AWS_REGION": "eu-west-1"}, False),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:5000"}, True),
        ({"AWS_ENDPOINT_URL": ""}, False),
        ({"SLUICE_AWS": "on"}, True),
        ({"SLUICE_AWS": "off", "AWS_ENDPOINT_URL": "http://127.0.0.1:5000"}, False),
    ],
)
def test_aws_is_used_for_a_stand_in_or_when_it_is_switched_on(environ, used):
    assert aws.in_use(environ) is used


def test_another_answer_than_on_or_off_is_refused():
    with pytest.raises(ValueError, match="'SLUICE_AWS' is 'yes'; expected 'on' or 'off'"):
        aws.in_use({"SLUICE_AWS": "yes"})


@pytest.mark.parametrize(
    ("environ", "region"),
    [
        ({}, "us-east-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-north-1"}, "eu-north-1"),
    ],
)
def test_the_region_is_a_setting(environ, region):
    assert aws.region(environ) == region
