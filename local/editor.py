"""A text in the editor of the person at the terminal."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from local.errors import Failure


def edited(text: str, suffix: str) -> str:
    """Let the text be changed in $VISUAL or $EDITOR, else vi, and return it as it was saved.

    The file is readable for this user alone, and gone afterwards. Raises Failure when the editor
    cannot be started, or ends with an error: then nothing is meant to be changed.
    """
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    if not command and not sys.stdin.isatty():
        raise Failure("There is no terminal for an editor. Use --patch or --value, or set EDITOR.")
    command = command or "vi"
    with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
        path = Path(folder) / f"payload{suffix}"
        path.write_text(text)
        try:
            code = subprocess.run([*shlex.split(command), str(path)], check=False).returncode
        except (OSError, ValueError) as error:
            raise Failure(
                f"The editor {command!r} cannot be started: {error}. Set EDITOR, or use --patch."
            ) from error
        if code != 0:
            raise Failure(f"The editor {command!r} ended with {code}; nothing was changed.")
        return path.read_text()
