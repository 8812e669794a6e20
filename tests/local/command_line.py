"""The command line as a person uses it: a process of its own, or, quicker, in this one."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from local.cli import app


@dataclass(frozen=True)
class CommandLine:
    """Calls `sluice` for one data directory."""

    data: Path

    def __call__(self, *words: object, text: str | None = None) -> Result:
        """Run a command in this process."""
        return CliRunner().invoke(app, self._arguments(words), input=text)

    def json(self, *words: object) -> Any:
        """Run a command with --json, insist that it worked, and read what it printed."""
        result = self(*words, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    def start(self, *words: object) -> subprocess.Popen[str]:
        """Start a command as a process."""
        command = [sys.executable, "-m", "local", *self._arguments(words)]
        return subprocess.Popen(
            command,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )

    def _arguments(self, words: tuple[object, ...]) -> list[str]:
        return [*map(str, words), "--data", str(self.data)]
