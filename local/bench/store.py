"""The stock of a contestant behind daprd: filled before a trial, summed up after it."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from local.bench.workload import LEVEL, products

_STORE = "/v1.0/state/statestore"
_PATIENCE_SECONDS = 30.0


def stock_up(dapr_url: str) -> None:
    """Write a row for each product: its level, nothing reserved."""
    rows = [{"key": name, "value": {"level": LEVEL, "reserved": 0}} for name in products()]
    _post(f"{dapr_url}{_STORE}", rows)


def reserved(dapr_url: str, row: str = "{}") -> int:
    """Sum up what is reserved of all products; `row` makes the state key of a product's name."""
    keys = [row.format(name) for name in products()]
    found = _post(f"{dapr_url}{_STORE}/bulk", {"keys": keys, "parallelism": 10})
    return sum(int(each["data"]["reserved"]) for each in found if each.get("data"))


def _post(url: str, body: object) -> Any:
    request = urllib.request.Request(  # noqa: S310 - the address is our own
        url, json.dumps(body).encode(), {"content-type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310
        text = answer.read()
    return json.loads(text) if text else None
