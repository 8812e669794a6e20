"""sluice dlq list|show|replay"""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from local.commands.options import DATA, AsJson, Data, Kafka
from local.errors import Misuse
from local.output import print_json, print_table, say

if TYPE_CHECKING:
    from local.dead_letters import Entry

dlq = typer.Typer(
    name="dlq", help="See and replay the events that were given up.", no_args_is_help=True
)

Function = Annotated[
    str | None,
    typer.Option("--function", metavar="F", help="Only those of this function."),
]
Cause = Annotated[
    str | None, typer.Option("--cause", metavar="C", help="Only those with this in their cause.")
]


@dlq.command("list", epilog="Example: sluice dlq list --function inventory.validate_inventory")
def list_letters(
    function: Function = None,
    cause: Cause = None,
    all_states: Annotated[
        bool, typer.Option("--all", help="Also those that were replayed or discarded.")
    ] = False,
    data: Data = DATA,
    kafka: Kafka = None,
    as_json: AsJson = False,
) -> None:
    """List the dead letters that are open, oldest first."""
    from local.dead_letters import entries
    from local.finding import open_broker

    broker = open_broker(data, kafka)
    try:
        found = entries(broker, function=function, cause=cause)
    finally:
        broker.close()
    chosen = [entry for entry in found if all_states or entry.state == "open"]
    if as_json:
        print_json([entry.summary() for entry in chosen])
        return
    print_table(
        ("ID", "STATE", "FUNCTION", "KEY", "ATTEMPTS", "LAST FAILED", "ERROR"),
        [_row(entry) for entry in chosen],
    )


@dlq.command("show", epilog="Example: sluice dlq show 4f2a --json")
def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="Its id, or the beginning of it.")],
    data: Data = DATA,
    kafka: Kafka = None,
    as_json: AsJson = False,
) -> None:
    """Show one dead letter with everything it knows: reasons, stack, headers, original bytes."""
    from local import tail
    from local.dead_letters import entries, pick
    from local.finding import open_broker
    from runtime.dead_letters import restore

    broker = open_broker(data, kafka)
    try:
        [entry] = pick(entries(broker), [id])
    finally:
        broker.close()
    original, _ = restore(entry.record)
    if as_json:
        print_json({**_everything(entry), "record": tail.as_object(original)})
        return
    for name, value in _everything(entry).items():
        say(f"{name:14} {value}" if name != "stack" else f"\n{value}")
    say(f"{'record':14} {tail.as_text(original)}")


@dlq.command("replay", epilog="Example: sluice dlq replay --function fraud.validate_fraud --all")
def replay(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Which dead letters.")
    ] = None,
    function: Function = None,
    cause: Cause = None,
    every: Annotated[bool, typer.Option("--all", help="All open ones (that match).")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be replayed.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="Noted in the audit trail.")] = "",
    data: Data = DATA,
    kafka: Kafka = None,
    as_json: AsJson = False,
) -> None:
    """Send dead letters back to the function that failed, and to no other.

    An id may be replayed again; the function ignores an event that it has handled.
    """
    from local import dead_letters
    from local.finding import open_broker

    if not (ids or function or cause or every):
        raise Misuse("Say which: one or more IDs, --function F, --cause C, or --all.")
    broker = open_broker(data, kafka)
    try:
        found = dead_letters.entries(broker, function=function, cause=cause)
        chosen = dead_letters.pick(found, ids) if ids else [e for e in found if e.state == "open"]
        if not dry_run:
            dead_letters.replay(broker, chosen, by=getpass.getuser(), reason=reason)
    finally:
        broker.close()
    if as_json:
        print_json([e.summary() | {"replayed": not dry_run} for e in chosen])
        return
    for entry in chosen:
        say(f"{entry.letter.id}  {entry.letter.function}  {entry.letter.message}")
    say(f"{len(chosen)} {'would be ' if dry_run else ''}replayed.")


def _row(entry: Entry) -> tuple[object, ...]:
    letter, key = entry.letter, entry.record.key
    error = f"{letter.error}: {letter.message}".partition("\n")[0]
    who = letter.id, entry.state, letter.function, "-" if key is None else key
    return (*who, letter.attempts, letter.last_failed, error)


def _everything(entry: Entry) -> dict[str, object]:
    import msgspec

    fields = msgspec.structs.asdict(entry.letter)
    stack = fields.pop("stack")
    return {**fields, "state": entry.state, "stack": stack}
