"""The rows of a contestant behind daprd: stock filled before a trial, and summed up after it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from local.bench.silence import wait_for
from local.bench.workload import LEVEL, products

_STORE = "/v1.0/state/statestore"
_PATIENCE_SECONDS = 30.0
#: Rows in one request.
_AT_ONCE = 1_000
#: Rows that are looked for, over the whole table and at its end, to see how far it is.
_MILESTONES = 100


def stock_up(dapr_url: str) -> None:
    """Write a row for each product: its level, nothing reserved."""
    rows = [{"key": name, "value": {"level": LEVEL, "reserved": 0}} for name in products()]
    _post(f"{dapr_url}{_STORE}", rows)


def reserved(dapr_url: str, row: str = "{}", names: Sequence[str] = ()) -> int:
    """Sum up what is reserved of the usual products, or of these.

    `row` makes the state key of a product's name.
    """
    keys = [row.format(name) for name in names or products()]
    return sum(int(each["reserved"]) for each in rows(dapr_url, keys))


def rows(dapr_url: str, keys: Sequence[str]) -> Iterator[Any]:
    """The rows of these keys, as far as they are there."""
    for start in range(0, len(keys), _AT_ONCE):
        asked = {"keys": keys[start : start + _AT_ONCE], "parallelism": 10}
        found = _post(f"{dapr_url}{_STORE}/bulk", asked)
        yield from (each["data"] for each in found if each.get("data"))


def wait_for_rows(dapr_url: str, keys: Sequence[str], what: str, alive: Callable[[], None]) -> None:
    """Return when the last rows are there; they are written in order, partition by partition.

    `alive` is called while waiting. Raises Failure, naming `what`, when none comes for a minute.
    """
    wanted = milestones(keys)
    wait_for(lambda: sum(1 for _ in rows(dapr_url, wanted)), len(wanted), what, alive)


def milestones(keys: Sequence[str]) -> list[str]:
    """Some keys from everywhere, and the last ones; each once, as the store answers it once.

    Asking for all each time would take the store's time from what is measured.
    """
    step = max(1, len(keys) // _MILESTONES)
    return list(dict.fromkeys([*keys[::step], *keys[-_MILESTONES:]]))


def _post(url: str, body: object) -> Any:
    request = urllib.request.Request(  # noqa: S310 - the address is our own
        url, json.dumps(body).encode(), {"content-type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310
        text = answer.read()
    return json.loads(text) if text else None
