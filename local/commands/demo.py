"""sluice demo"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local.commands.options import FUNCTIONS, AsJson, Functions
from local.output import print_json, say, warn

if TYPE_CHECKING:
    from local.demo import Result

DemoData = Annotated[
    Path,
    typer.Option(
        "--data",
        envvar="SLUICE_DEMO_DATA",
        metavar="DIR",
        help="The demo's own directory; it is emptied first.",
    ),
]


_SIGN_UP = '{"user":{"email":"ada@example.com","password":"correct horse"}}'


def demo(
    data: DemoData = Path(".sluice/demo"),
    packages: Functions = FUNCTIONS,
    as_json: AsJson = False,
) -> None:
    """Run a real order book through the whole system.

    December 2010 of a UK wholesaler, 42,481 rows, on an engine of its own: what is in it, how its
    orders are decided and why, invoices, mails, dead letters, and what to look at next. The exit
    code is 1 when a figure is not as it is known to be.
    """
    from contextlib import ExitStack

    from local.demo import run
    from local.progress import progress_bar

    with ExitStack() as stack:
        result = run(data, packages, lambda rows: stack.enter_context(progress_bar("rows", rows)))
    if as_json:
        print_json(_figures(result))
    else:
        for line in (*_report(result), *_next_steps(data)):
            say(line)
    for name, (known, found) in result.differences().items():
        warn(f"{name} is {found}; expected {known}.")
    if result.differences():
        raise typer.Exit(1)


def _report(result: Result) -> Iterator[str]:
    from local import report

    yield from report.of_book(result.book)
    if not result.differences():
        yield "  exactly what the file is known to hold: every row is accounted for"
    yield from report.of_derived(result.book)
    yield "Decided:"
    yield from (f"  {line}" for line in report.of_decisions(result.decisions))
    yield f"  {result.invoices:,} invoices, {result.mails:,} mails sent"
    routed = ", ".join(f"{count:,} {level}" for level, count in result.routed.items() if count)
    yield f"  {result.routed.total():,} events of orders enriched and routed: {routed}"
    yield f"  {result.customers:,} customers known, {result.suspects:,} in the fraud report"
    yield f"  {result.dead_letters:,} dead letters"
    rate = result.events / result.seconds
    yield f"{result.events:,} events in {result.seconds:.1f} s, {rate:,.0f} events/s"


def _next_steps(data: Path) -> Iterator[str]:
    import shutil
    import sys

    yield ""
    yield "What to type next:"
    if shutil.which("sluice") is None:
        yield f"  export PATH={Path(sys.executable).parent}:$PATH"
    yield f"  export SLUICE_DATA={data}"
    yield "  sluice tail orders --last 5                      the latest orders"
    yield "  sluice tables stock 85123A                       what is left of a product"
    yield "  sluice mails -n 5                                the latest mails, and their files"
    yield "  sluice read-topics -n 1                          what is on every topic"
    yield "  sluice lag                                       how far each function is"
    yield "  sluice flow                                      how it all hangs together"
    yield "  sluice up                                        serve it, then in another terminal:"
    yield "  sluice invoke orders v1/orders/536365/validated  one order and its decision"
    yield "  sluice search find --state FAILED -n 3           what is in the search index"
    yield "  sluice invoke customers 'customers?limit=3'      who is known"
    yield "  sluice invoke enrichment v1/fraud                who orders suspiciously often"
    yield f"  sluice invoke security users -d '{_SIGN_UP}'"
    yield "  sluice invoke users replicas/users               the copy of it in another service"
    yield f"  ls {data}/mails {data}/documents"


def _figures(result: Result) -> dict[str, object]:
    return {
        **result.book.summary(),
        "states": result.decisions.states,
        "why": result.decisions.why,
        "invoices": result.invoices,
        "mails": result.mails,
        "routed": result.routed,
        "customers": result.customers,
        "suspects": result.suspects,
        "dead_letters": result.dead_letters,
        "events": result.events,
        "seconds": round(result.seconds, 3),
    }
