"""Feeds the decoder until its time is over; a process of its own, because it may crash.

    python -m tests.fuzz.child FOLDER SEED SECONDS [TARGET]

Each input is in FOLDER before it is read, so that one that ends the process is there afterwards.
"""

from __future__ import annotations

import faulthandler
import importlib
import itertools
import os
import sys
import threading
import time
import traceback
from collections import Counter
from pathlib import Path

import msgspec

from runtime.record import Record
from tests.fuzz.inputs import Inputs
from tests.hostile.records import corpus

#: The interpreter changes threads in the middle of a decoding too.
THREADS = 3
#: No input may take longer.
MOST_SECONDS = 20
#: Bytes of the length before an input that is kept; a shorter one leaves the end of a longer one.
_LENGTH = 8


def main(folder: Path, seed: str, seconds: float, target: str = "tests.fuzz.decoder") -> int:
    """Return 0 when nothing was found, 1 when an input is worth looking at."""
    faulthandler.enable()
    sys.setswitchinterval(1e-5)
    outcomes: Counter[str] = Counter()
    found = threading.Event()
    ends = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_feed, args=(folder, f"{seed}-{n}", ends, target, outcomes, found))
        for n in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for outcome, count in outcomes.most_common():
        say(f"{count:>9,} {outcome}")
    return int(found.is_set())


def _feed(
    folder: Path,
    seed: str,
    ends: float,
    target: str,
    outcomes: Counter[str],
    found: threading.Event,
) -> None:
    decoder = importlib.import_module(target)
    specs = decoder.specs()
    inputs = Inputs(corpus(), seed)
    last = os.open(folder / seed, os.O_RDWR | os.O_CREAT)
    for number in itertools.count():
        if time.monotonic() > ends or found.is_set():
            break
        faulthandler.dump_traceback_later(MOST_SECONDS, exit=True)
        spec = specs[number % len(specs)]
        record = inputs.next(spec.retry_topic if number % 5 == 0 else spec.trigger.name)
        raw = msgspec.msgpack.encode((spec.id, record))
        # With its length, in one call: another thread may end the process between two.
        raw = len(raw).to_bytes(_LENGTH, "big") + raw
        os.pwrite(last, raw, 0)
        try:
            outcomes[f"event: {decoder.read(spec, record)}"] += 1
            outcomes[f"Avro: {decoder.avro(spec, record)}"] += 1
            outcomes[f"JSON: {decoder.round_trip(record.value)}"] += 1
            outcomes[f"text: {decoder.convert(next(iter(record.headers.values()), ''))}"] += 1
        except BaseException:
            found.set()
            traceback.print_exc()
            (folder / f"{seed}.found").write_bytes(raw)
    os.close(last)
    faulthandler.cancel_dump_traceback_later()


def say(text: str) -> None:
    """Print a line, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def kept(file: Path) -> tuple[str, Record]:
    """Return the input in a file, and the function that it was for."""
    raw = file.read_bytes()
    end = _LENGTH + int.from_bytes(raw[:_LENGTH], "big")
    return msgspec.msgpack.decode(raw[_LENGTH:end], type=tuple[str, Record])


def again(file: Path, target: str = "tests.fuzz.decoder") -> None:
    """Read one input again, as the child did."""
    decoder = importlib.import_module(target)
    id, record = kept(file)
    spec = next(each for each in decoder.specs() if each.id == id)
    say(repr(record))
    say(f"{decoder.read(spec, record)}, {decoder.avro(spec, record)}")
    say(decoder.round_trip(record.value))


if __name__ == "__main__":
    folder, seed, seconds, *target = sys.argv[1:]
    sys.exit(main(Path(folder), seed, float(seconds), *target))
