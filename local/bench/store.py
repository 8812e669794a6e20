"""The stock of a contestant behind daprd: filled before a trial, summed up after it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Sequence
from typing import Any

from local.bench.workload import LEVEL, products

_STORE = "/v1.0/state/statestore"
_PATIENCE_SECONDS = 30.0
#: Rows in one request.
_AT_ONCE = 1_000


def stock_up(dapr_url: str) -> None:
    """Write a row for each product: its level, nothing reserved."""
    rows = [{"key": name, "value": {"level": LEVEL, "reserved": 0}} for name in products()]
    _post(f"{dapr_url}{_STORE}", rows)


def reserved(dapr_url: str, row: str = "{}", names: Sequence[str] = ()) -> int:
    """Sum up what is reserved of the usual products, or of these.

    `row` makes the state key of a product's name.
    """
    keys = [row.format(name) for name in names or products()]
    return sum(
        _reserved(dapr_url, keys[start : start + _AT_ONCE])
        for start in range(0, len(keys), _AT_ONCE)
    )


def _reserved(dapr_url: str, keys: Sequence[str]) -> int:
    found = _post(f"{dapr_url}{_STORE}/bulk", {"keys": keys, "parallelism": 10})
    return sum(int(each["data"]["reserved"]) for each in found if each.get("data"))


def _post(url: str, body: object) -> Any:
    request = urllib.request.Request(  # noqa: S310 - the address is our own
        url, json.dumps(body).encode(), {"content-type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310
        text = answer.read()
    return json.loads(text) if text else None
