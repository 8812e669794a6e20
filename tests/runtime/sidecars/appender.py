"""A process that appends until it is done or killed: python -m tests.runtime.sidecars.appender.

Each transaction writes the row `count` and appends one message that says the same number; the
number is printed when the store has acknowledged it.
"""

import subprocess
import sys
from pathlib import Path

from runtime.record import Message
from runtime.sidecars.base import ANY, Write
from runtime.sidecars.embedded import EmbeddedSidecar, Store

ROOT = Path(__file__).resolve().parents[3]


def start(data: Path, name: str, count: int) -> subprocess.Popen:
    """Start one that appends to the topic `numbers` and keeps its row under its name."""
    command = [sys.executable, "-m", __name__, str(data), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def main(data: str, name: str, count: str) -> None:
    with Store.open(data, exclusive=False) as store:
        sidecar = EmbeddedSidecar(store, "numbers")
        for number in range(int(count)):
            text = b"%d" % number
            message = Message("numbers", f"{name}-{number % 10}", text, {"from": name})
            sidecar.transact([Write(name, text, ANY)], [message])
            print(number, flush=True)  # noqa: T201  the answer that the test waits for


if __name__ == "__main__":
    main(*sys.argv[1:])
