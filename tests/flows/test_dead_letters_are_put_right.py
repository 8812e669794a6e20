"""Events fail; somebody looks, mends, replays, and is told what became of it."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from local.cli import app
from tests.flows.shop import Shop

VALIDATOR = "details.validate_details"
CHECK = "ORDER_DETAILS_CHECK"


def sluice(shop: Shop, *words: str) -> Result:
    """Run `sluice dlq` on the running system."""
    wanted = ("--data", "--kafka") if words[0] not in ("show", "audit") else tuple(shop.place)
    place = [word for name in wanted if name in shop.place for word in (name, shop.place[name])]
    return CliRunner().invoke(app, ["dlq", *words, *place])


def printed(shop: Shop, *words: str) -> Any:
    """Run it with --json, insist that it worked, and read what it printed."""
    result = sluice(shop, *words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def order(id: str, quantity: Any) -> bytes:
    fields = {"id": id, "customerId": "1", "product": "MENDED", "quantity": quantity, "price": 1}
    return json.dumps(fields | {"state": "CREATED"}).encode()


def failing(shop: Shop, id: str, value: bytes) -> str:
    """Send an order that the validator cannot read; return the id of its dead letter."""
    shop.publish("orders", id, value)
    found: list[Any] = []

    def is_given_up() -> bool:
        found[:] = printed(shop, "list", "--function", VALIDATOR, "--key", id)
        return len(found) == 1

    shop.until(is_given_up)
    return str(found[0]["id"])


def outcomes(shop: Shop, id: str) -> list[tuple[str, str]]:
    return [(each["action"], each["outcome"]) for each in printed(shop, "audit", id)]


def test_a_wrong_order_is_found_mended_and_handled_once(shop: Shop) -> None:
    letter = failing(shop, "mended-1", order("mended-1", "three"))
    [group] = printed(shop, "groups", "--function", VALIDATOR, "--key", "mended-1")
    assert (group["count"], group["example"]) == (1, letter)
    assert "quantity" in group["error"]

    dry = sluice(shop, "replay", "--group", group["id"], "--key", "mended-1", "--dry-run")
    assert dry.stdout.splitlines() == [
        f"1 of {VALIDATOR} to {VALIDATOR}.retry",
        f"  {letter}",
        "1 would be replayed.",
    ]
    assert outcomes(shop, letter) == []

    printed(shop, "edit", letter, "--patch", '{"quantity": 3}', "--reason", "three is 3")
    printed(shop, "replay", "--group", group["id"], "--key", "mended-1")
    shop.until(lambda: outcomes(shop, letter) == [("edit", "edited"), ("replay", "handled")])

    assert shop.answers(["mended-1"], CHECK) == {"mended-1": ["PASS"]}
    assert printed(shop, "list", "--function", VALIDATOR, "--key", "mended-1") == []
    shown = printed(shop, "show", letter)
    assert (shown["record"]["value"]["quantity"], shown["original"]["value"]["quantity"]) == (
        3,
        "three",
    )

    assert printed(shop, "replay", letter) == []
    assert len(printed(shop, "replay", letter, "--again")) == 1
    shop.until(lambda: outcomes(shop, letter)[2:] == [("replay", "handled")])
    shop.until(lambda: reached(shop) == ends(shop))
    assert shop.answers(["mended-1"], CHECK) == {"mended-1": ["PASS"]}


def test_an_event_that_fails_again_is_the_same_dead_letter(shop: Shop) -> None:
    letter = failing(shop, "mended-2", order("mended-2", "three"))

    printed(shop, "replay", letter)
    shop.until(lambda: outcomes(shop, letter) == [("replay", "failed again")])

    [again] = printed(shop, "list", "--function", VALIDATOR, "--key", "mended-2")
    assert (again["id"], again["attempts"], again["state"]) == (letter, 2, "open")
    printed(shop, "edit", letter, "--patch", '{"quantity": 3}')
    printed(shop, "replay", letter)
    shop.until(
        lambda: (
            outcomes(shop, letter)
            == [("replay", "failed again"), ("edit", "edited"), ("replay", "handled")]
        )
    )
    assert shop.answers(["mended-2"], CHECK) == {"mended-2": ["PASS"]}


def test_what_is_discarded_is_out_of_the_way_and_comes_back_when_asked_for(shop: Shop) -> None:
    letter = failing(shop, "mended-3", b"gibberish")

    printed(shop, "discard", letter, "--reason", "a test order")

    assert printed(shop, "list", "--function", VALIDATOR, "--key", "mended-3") == []
    assert printed(shop, "replay", "--function", VALIDATOR, "--key", "mended-3") == []
    assert len(printed(shop, "replay", letter)) == 1
    shop.until(
        lambda: outcomes(shop, letter) == [("discard", "discarded"), ("replay", "failed again")]
    )


def test_all_of_it_works_while_the_function_s_service_is_down(shop: Shop) -> None:
    letter = failing(shop, "mended-4", order("mended-4", "three"))
    shop.kill("details")
    try:
        printed(shop, "edit", letter, "--patch", '{"quantity": 3}')
        printed(shop, "replay", letter)
        assert outcomes(shop, letter) == [("edit", "edited"), ("replay", "waiting")]
    finally:
        shop.restart("details")

    shop.until(lambda: outcomes(shop, letter)[-1] == ("replay", "handled"), 60)
    assert shop.answers(["mended-4"], CHECK) == {"mended-4": ["PASS"]}


def test_the_same_over_http(shop: Shop) -> None:
    letter = failing(shop, "mended-5", order("mended-5", "three"))

    with http_api(shop) as url:
        query = f"function={VALIDATOR}&key=mended-5"
        assert [each["id"] for each in ask(f"{url}?{query}")["dead_letters"]] == [letter]
        assert [each["example"] for each in ask(f"{url}/groups?{query}")["groups"]] == [letter]
        assert ask(f"{url}/{letter}")["record"]["value"]["quantity"] == "three"
        ask(f"{url}/{letter}?by=ida", "PATCH", {"quantity": 3})
        selection = {"function": VALIDATOR, "key": "mended-5", "by": "ida"}
        assert ask(f"{url}/replay", "POST", {**selection, "dry_run": True})["ids"] == [letter]
        assert ask(f"{url}/replay", "POST", selection)["ids"] == [letter]
        shop.until(
            lambda: (
                [
                    (each["by"], each["action"], each["outcome"])
                    for each in ask(f"{url}/audit?id={letter}")["audit"]
                ]
                == [("ida", "edit", "edited"), ("ida", "replay", "handled")]
            )
        )

    assert shop.answers(["mended-5"], CHECK) == {"mended-5": ["PASS"]}


@pytest.fixture(autouse=True)
def runs_again(shop: Shop) -> Iterator[None]:
    """Other stories share this system: what is waiting here ends before they begin."""
    yield
    shop.until(lambda: reached(shop) == ends(shop), 60)


def reached(shop: Shop) -> dict[int, int]:
    """The next offset that the validator handles on its retry topic, where it has begun."""
    from local.dead_letters.outcomes import positions_of

    found = positions_of(shop.broker, shop.store)(VALIDATOR)
    return {partition: offset for partition, offset in found.items() if offset}


def ends(shop: Shop) -> dict[int, int]:
    marks = shop.broker.watermarks(f"{VALIDATOR}.retry")
    return {partition: high for partition, (_, high) in marks.items() if high}


@contextmanager
def http_api(shop: Shop) -> Iterator[str]:
    """Where the dead letters are answered: the gateway, or a server of their own on a cluster."""
    if "--data" in shop.place:
        yield f"{shop.urls['details']}/v1/dead-letters"
        return
    place = [word for pair in shop.place.items() for word in pair]
    command = [sys.executable, "-m", "local", "dlq", "serve", "--port", "0", *place]
    serving = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert serving.stdout is not None
    try:
        yield serving.stdout.readline().split()[1]
    finally:
        serving.terminate()
        serving.stdout.close()
        assert serving.wait(20) == 0


def ask(url: str, method: str = "GET", body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    asked = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return json.load(answer)
