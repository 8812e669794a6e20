"""Which key are tokens signed with? Never one that somebody else could know."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

#: RFC 7518, section 3.2: the key of HS256 is as long as its hash, or longer.
LEAST_BYTES = 32


def signing_key(environ: Mapping[str, str]) -> str:
    """Return the key of SLUICE_JWT_KEY.

    In local mode, where SLUICE_LOCAL_SECRETS names a folder for secrets that a machine makes up
    for itself, it is a random one that is kept there, readable by its owner only: `sluice up`
    names such a folder, and so does dapr.yaml. Anywhere else there is no default: one that
    everybody knows would let everybody sign in. Raises ValueError that says so, and does not
    quote a key that is too short.
    """
    given = environ.get("SLUICE_JWT_KEY")
    if given is not None:
        if len(given.encode()) < LEAST_BYTES:
            raise ValueError(
                f"Setting 'SLUICE_JWT_KEY' has {len(given.encode())} bytes; expected at least "
                f"{LEAST_BYTES}, such as `openssl rand -hex 32` prints."
            )
        return given
    folder = environ.get("SLUICE_LOCAL_SECRETS")
    if not folder:
        raise ValueError(
            "Setting 'SLUICE_JWT_KEY' is missing; expected a secret of at least "
            f"{LEAST_BYTES} bytes, such as `openssl rand -hex 32` prints. It has no default."
        )
    return _made_up(Path(folder))


def _made_up(folder: Path) -> str:
    path = folder / "jwt.key"
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made aside: whoever looks sees a whole key or none. mkstemp gives it to its owner only.
        number, draft = tempfile.mkstemp(dir=folder)
        with open(number, "w") as file:
            file.write(secrets.token_hex(LEAST_BYTES))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another replica was faster: its key counts
        finally:
            os.unlink(draft)
    return path.read_text()
