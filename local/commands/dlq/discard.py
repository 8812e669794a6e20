"""sluice dlq discard"""

from __future__ import annotations

from typing import Annotated

import typer

from local.commands.dlq.options import (
    By,
    Cause,
    DryRun,
    Every,
    Function,
    Group,
    Ids,
    Key,
    Since,
    Text,
    Until,
    filter_of,
    user,
)
from local.commands.options import DATA, AsJson, Data, Kafka
from local.errors import Misuse
from local.output import print_json, say

Why = Annotated[str, typer.Option("--reason", help="Why; noted in the audit trail.")]


def discard(
    ids: Ids = None,
    reason: Why = "",
    function: Function = None,
    cause: Cause = None,
    group: Group = None,
    key: Key = None,
    text: Text = None,
    since: Since = None,
    until: Until = None,
    every: Every = False,
    dry_run: DryRun = False,
    by: By = "",
    data: Data = DATA,
    kafka: Kafka = None,
    as_json: AsJson = False,
) -> None:
    """Say that dead letters are not to be replayed, and why.

    Nothing is deleted: `sluice dlq replay ID` undoes it.
    """
    from local.dead_letters import DeadLetters
    from local.masking import Mask

    wanted = filter_of(
        ids,
        function=function,
        cause=cause,
        group=group,
        key=key,
        text=text,
        since=since,
        until=until,
    )
    if not (wanted.is_narrow or every):
        raise Misuse("Say which: one or more IDs, --group ID, --function F, ..., or --all.")
    if not reason.strip():
        raise Misuse("Say why they are discarded: --reason TEXT.")
    with DeadLetters.open(data, kafka=kafka) as letters:
        chosen = letters.discardable(wanted)
        if not dry_run:
            letters.give_up(chosen, by=by or user(), reason=reason)
    if as_json:
        mask, done = Mask(), {"discarded": not dry_run}
        print_json([{**each.summary(mask), **done} for each in chosen])
        return
    for each in chosen if dry_run else ():
        say(f"  {each.id}")
    say(f"{len(chosen):,} {'would be ' if dry_run else ''}discarded.")
