"""sluice invoke"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from local.commands.options import DATA, AsJson, Data, Kafka, Url
from local.content import content_of
from local.output import print_json, say, warn

if TYPE_CHECKING:
    from local.http import Answer

Method = Annotated[
    str | None,
    typer.Option("-X", "--method", metavar="METHOD", help="GET, or POST when there is data."),
]
Body = Annotated[
    str | None,
    typer.Option(
        "-d", "--body", metavar="DATA", help="Body; - reads standard input, @FILE a file."
    ),
]
Headers = Annotated[
    list[str], typer.Option("--header", metavar="NAME=VALUE", help="Header of the request.")
]


def invoke(
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="The service to call.")],
    path: Annotated[str, typer.Argument(metavar="METHOD_PATH", help="Path of the function.")],
    method: Method = None,
    body: Body = None,
    headers: Headers = [],  # noqa: B006 - typer copies it
    data: Data = DATA,
    kafka: Kafka = None,
    address: Url = None,
    as_json: AsJson = False,
) -> None:
    """Call an HTTP function and print its answer, as any client gets it: nothing is masked.

    The exit code is 1 when the status is 400 or more.
    """
    from local.finding import service_url
    from local.http import Client
    from local.publishing import headers_of

    daprs_way = not (kafka or address)
    url, token = service_url(service, data, kafka, address, daprs_way=daprs_way)
    content = content_of(body) if body else None
    sent = {"content-type": "application/json"} if content is not None else {}
    # The gateway knows the service by Dapr's own path; on a cluster each has its own port.
    target = f"v1.0/invoke/{service}/method/{path.lstrip('/')}" if daprs_way else path
    client = Client(url, token)
    try:
        verb = method or ("GET" if content is None else "POST")
        answer = client.request(verb.upper(), target, content, sent | headers_of(headers))
    finally:
        client.close()
    _show(answer, as_json)
    if answer.status >= 400:
        raise typer.Exit(1)


def _show(answer: Answer, as_json: bool) -> None:
    if as_json:
        print_json({"status": answer.status, "headers": answer.headers, "body": _body(answer)})
        return
    warn(f"{answer.status} {answer.headers.get('location', '')}".rstrip())
    if not answer.body:
        return
    if sys.stdout.isatty():
        say(answer.body.decode("utf-8", "backslashreplace").rstrip("\n"))
        return
    sys.stdout.buffer.write(answer.body.rstrip(b"\n") + b"\n")
    sys.stdout.buffer.flush()


def _body(answer: Answer) -> object:
    import msgspec

    if not answer.body:
        return None
    try:
        return msgspec.json.decode(answer.body, type=msgspec.Raw)
    except msgspec.DecodeError:
        return answer.body.decode("utf-8", "backslashreplace")
