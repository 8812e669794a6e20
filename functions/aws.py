"""Do we talk to AWS, and how?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ANSWERS = {"on": True, "off": False}


def in_use(environ: Mapping[str, str]) -> bool:
    """Is AWS, or a stand-in for it, to be used?

    Without a setting only where AWS_ENDPOINT_URL names a stand-in such as moto: having AWS
    credentials on a laptop must not make a demo send real mail. SLUICE_AWS=on uses the account
    that the machine's AWS settings give. Raises ValueError on another value.
    """
    given = environ.get("SLUICE_AWS")
    if given is None:
        return bool(endpoint(environ))
    if given not in _ANSWERS:
        raise ValueError(f"Setting 'SLUICE_AWS' is {given!r}; expected 'on' or 'off'.")
    return _ANSWERS[given]


def endpoint(environ: Mapping[str, str]) -> str | None:
    """Return where the stand-in for AWS is; None means AWS itself."""
    return environ.get("AWS_ENDPOINT_URL", "").rstrip("/") or None


def region(environ: Mapping[str, str]) -> str:
    """Return the region; us-east-1 where none is set."""
    return environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def client(service: str, environ: Mapping[str, str]) -> Any:
    """Make a boto3 client; it may be shared by threads. Nothing is sent yet.

    A stand-in needs some credentials, but takes any.
    """
    # Here and not above: boto3 costs 0.3 s and 25 MB, and most functions never need it.
    import boto3
    from botocore.config import Config

    standin = endpoint(environ)
    name = environ.get("AWS_ACCESS_KEY_ID") or ("testing" if standin else None)
    secret = environ.get("AWS_SECRET_ACCESS_KEY") or ("testing" if standin else None)
    return boto3.session.Session(region_name=region(environ)).client(
        service,  # type: ignore[call-overload]  # its name is not known to mypy
        endpoint_url=standin,
        aws_access_key_id=name,
        aws_secret_access_key=secret,
        aws_session_token=environ.get("AWS_SESSION_TOKEN") or None,
        config=Config(
            connect_timeout=5,
            read_timeout=20,
            retries={"mode": "standard", "max_attempts": 3},
            # A stand-in on a bare address has no host name for each bucket.
            s3={"addressing_style": "path"} if standin else None,
        ),
    )
