"""sluice dlq replay"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

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
    Reason,
    Since,
    Text,
    Until,
    filter_of,
    user,
)
from local.commands.options import DATA, AsJson, Data, Kafka
from local.errors import Misuse
from local.output import print_json, say, warn

if TYPE_CHECKING:
    from local.dead_letters import DeadLetters, Digest

Rate = Annotated[
    float | None, typer.Option("--rate", metavar="N", min=0.01, help="At most N events a second.")
]
Again = Annotated[
    bool,
    typer.Option("--again", help="Also IDs that were replayed and have not failed since."),
]


def replay(
    ids: Ids = None,
    function: Function = None,
    cause: Cause = None,
    group: Group = None,
    key: Key = None,
    text: Text = None,
    since: Since = None,
    until: Until = None,
    every: Every = False,
    again: Again = False,
    rate: Rate = None,
    dry_run: DryRun = False,
    reason: Reason = "",
    by: By = "",
    data: Data = DATA,
    kafka: Kafka = None,
    as_json: AsJson = False,
) -> None:
    """Send dead letters back to the function that failed, and to no other.

    By ID also those that were discarded. Stopped in the middle, the same command goes on where it
    stopped. A function ignores an event that it has handled, so nothing is done twice.
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
    with DeadLetters.open(data, kafka=kafka) as letters:
        chosen = letters.replayable(wanted, again=again)
        count = len(chosen) if dry_run else _send(letters, chosen, by or user(), reason, rate)
    if as_json:
        mask = Mask()
        done = {"replayed": not dry_run}
        print_json([{**each.summary(mask), "retry_topic": _topic(each), **done} for each in chosen])
    else:
        _tell(chosen, dry_run)
        say(f"{count:,} {'would be ' if dry_run else ''}replayed.")
    if ids and not chosen:
        warn("Replayed already, and not failed since; --again sends it once more.")
    elif wanted.is_narrow and not chosen:
        warn("No dead letter that is open matches; `sluice dlq groups` tells what there is.")


def _send(
    letters: DeadLetters, chosen: list[Digest], by: str, reason: str, rate: float | None
) -> int:
    from local.progress import progress_bar

    done = 0
    try:
        with progress_bar("replayed", len(chosen)) as advance:

            def sent(count: int) -> None:
                nonlocal done
                done += count
                advance(count)

            return letters.send(chosen, by=by, reason=reason, rate=rate, advance=sent)
    except BaseException:
        warn(f"Stopped after {done:,} of {len(chosen):,}; the same command goes on from there.")
        raise


def _tell(chosen: list[Digest], dry_run: bool) -> None:
    counts = Counter((each.function, _topic(each)) for each in chosen)
    for (function, topic), count in sorted(counts.items()):
        say(f"{count:,} of {function} to {topic}")
    if dry_run:
        for each in chosen:
            say(f"  {each.id}")


def _topic(letter: Digest) -> str:
    from local.dead_letters.topics import retry_topic

    return retry_topic(letter.function)
