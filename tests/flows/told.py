"""What the error hook of the running system was told: one line of JSON for each failure."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from runtime.hooks import Failure

#: Names the file, for the tests and for every service that they start.
FILE = "TOLD_OF_FAILURES"


def remember(error: Exception, failure: Failure) -> None:
    """The hook: append one line. Several processes write to the file, each line at once."""
    line = json.dumps({"error": type(error).__name__, "message": str(error), **asdict(failure)})
    descriptor = os.open(os.environ[FILE], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, f"{line}\n".encode())
    finally:
        os.close(descriptor)


def told_of(function: str) -> list[dict[str, Any]]:
    """Every failure of a function so far."""
    path = Path(os.environ[FILE])
    lines = path.read_text().splitlines() if path.exists() else []
    return [told for line in lines if (told := json.loads(line))["function"] == function]
