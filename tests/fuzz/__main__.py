"""Fuzzes the decoder for a while: `make fuzz SECONDS=60`, or `SEED=...` to have a run again.

python -m tests.fuzz --seconds 60 --seed 1        what is found is kept, and the way back told
python -m tests.fuzz --again FILE                 reads one such input again
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz import child
from tests.fuzz.child import say


def run(
    seconds: float, seed: str, target: str = "tests.fuzz.decoder", folder: Path | None = None
) -> int:
    """Fuzz in a process of its own; 0 when nothing was found. `folder` is for what was found."""
    folder = folder or Path(tempfile.mkdtemp(prefix="fuzz-"))
    say(f"seed {seed}, {seconds:g} s")
    words = [sys.executable, "-m", "tests.fuzz.child", str(folder), seed, str(seconds), target]
    code = subprocess.run(words, check=False, timeout=seconds + 120).returncode
    if code == 0:
        shutil.rmtree(folder)
        return 0
    how = "an error" if code == 1 else f"the process ended with {code}"
    say(f"FOUND: {how}. The last inputs are in {folder}. Read one again with")
    for file in sorted(folder.glob("*.found")) or sorted(folder.iterdir()):
        say(f"  python -m tests.fuzz --again {file}")
    return 1


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", default=str(time.time_ns()))
    parser.add_argument("--again", type=Path)
    options = parser.parse_args()
    if options.again:
        child.again(options.again)
        return 0
    return run(options.seconds, options.seed)


if __name__ == "__main__":
    sys.exit(main())
