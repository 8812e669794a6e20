"""sluice search find|rebuild"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from local.commands.options import (
    DATA,
    FUNCTIONS,
    AsJson,
    Data,
    Functions,
    Kafka,
    Registry,
    Reveal,
    Url,
)
from local.commands.topics import TopicsFile
from local.errors import Misuse
from local.output import print_json, print_table, say

search = typer.Typer(
    name="search",
    help="Ask the index of orders, and make it anew.",
    no_args_is_help=True,
)


@search.command(epilog="Example: sluice search find teapot --state VALIDATED")
def find(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORD]...", help="All of them in id, customer, product or reason."),
    ] = None,
    state: Annotated[str | None, typer.Option("--state", help="E.g. VALIDATED.")] = None,
    customer: Annotated[str | None, typer.Option("--customer", help="The customer's id.")] = None,
    product: Annotated[str | None, typer.Option("--product", help="One of its products.")] = None,
    last: Annotated[int, typer.Option("-n", "--limit", min=1, max=500, help="At most N.")] = 50,
    data: Data = DATA,
    kafka: Kafka = None,
    address: Url = None,
    reveal: Reveal = False,
    as_json: AsJson = False,
) -> None:
    """Show the orders that match, by their ids. Asks the running service."""
    from local.masking import Mask

    asked = {"q": " ".join(words or ()), "state": state, "customerId": customer, "product": product}
    answer = _ask({k: v for k, v in asked.items() if v} | {"limit": last}, data, kafka, address)
    mask = Mask(reveal=reveal)
    shown: list[Any] = [mask.data(order) for order in answer["orders"]]
    if as_json:
        print_json({**answer, "orders": shown})
        return
    print_table(
        ("ORDER", "STATE", "CUSTOMER", "AMOUNT", "PRODUCT"),
        [
            (o["id"], o["state"], o.get("customerId", "-"), _digits(o["amount"]), _product(o))
            for o in shown
        ],
    )
    say(f"{len(shown)} of {_digits(answer['total'])}")


@search.command(epilog="Example: SLUICE_SEARCH_URL=http://127.0.0.1:9200 sluice search rebuild")
def rebuild(
    function: Annotated[
        str, typer.Option("--function", help="The function that fills the index.")
    ] = "search.index_orders",
    data: Data = DATA,
    kafka: Kafka = None,
    topics: TopicsFile = None,
    registry: Registry = None,
    packages: Functions = FUNCTIONS,
    as_json: AsJson = False,
) -> None:
    """Fill a new index from the topic, then put it in the place of the old one.

    Services may go on meanwhile. It holds what the topic still does: orders that are older than
    the topic's retention are not in it. SLUICE_SEARCH_URL says where the search server is, as for
    the service; without it the index is a file in the data directory.
    """
    from local.avro_values import topics_read_by
    from local.finding import open_broker
    from local.loading import load_functions
    from local.rebuilding import find_indexer
    from local.rebuilding import rebuild as make_anew

    if kafka and data == DATA and not os.environ.get("SLUICE_SEARCH_URL"):
        raise Misuse(
            "Which index is meant? Set SLUICE_SEARCH_URL as for the service, or name the directory "
            "of its file: --data .platform/search is that of dapr.yaml."
        )
    spec = find_indexer(load_functions(packages), function)
    avro = topics_read_by(spec, topics, registry, data, kafka)
    broker = open_broker(data, kafka)
    try:
        rebuilt = make_anew(spec, broker, {**os.environ, "SLUICE_DATA": str(data)}, avro=avro)
    finally:
        broker.close()
        avro.close()
    if as_json:
        print_json(vars(rebuilt))
        return
    say(f"The index is made anew from {rebuilt.records} records of {rebuilt.topic!r}.")
    if rebuilt.refused:
        say(f"{rebuilt.refused} are not in it: see `sluice dlq list --function {function}`.")


def _ask(asked: dict[str, Any], data: Path, kafka: str | None, address: str | None) -> Any:
    from urllib.parse import urlencode

    from local import exact_json
    from local.errors import Failure
    from local.finding import service_url
    from local.http import Client

    url, token = service_url("search", data, kafka, address)
    client = Client(url, token)
    try:
        answer = client.request("GET", f"v1/search/orders?{urlencode(asked)}")
    finally:
        client.close()
    if answer.status != 200:
        raise Failure(
            f"The service answers {answer.status}: {answer.body.decode('utf-8', 'replace')}"
        )
    return exact_json.parse(answer.body)


def _digits(number: Any) -> str:
    """A number as it was written."""
    return bytes(number).decode()


def _product(order: dict[str, Any]) -> str:
    product = order.get("product", "-")
    if isinstance(product, str):
        return product
    return f"{product[0]} and {len(product) - 1} more" if len(product) > 1 else ", ".join(product)
