"""sluice dlq list"""

from __future__ import annotations

from local.commands.dlq.options import (
    AllStates,
    Cause,
    Function,
    Group,
    Key,
    Limit,
    Reveal,
    Since,
    Text,
    Until,
    filter_of,
)
from local.commands.dlq.shown import print_letters
from local.commands.options import DATA, AsJson, Data, Kafka
from local.output import print_json, warn


def list_letters(
    function: Function = None,
    cause: Cause = None,
    group: Group = None,
    key: Key = None,
    text: Text = None,
    since: Since = None,
    until: Until = None,
    all_states: AllStates = False,
    limit: Limit = None,
    reveal: Reveal = False,
    data: Data = DATA,
    kafka: Kafka = None,
    as_json: AsJson = False,
) -> None:
    """List the dead letters that are open, oldest first.

    E-mail addresses are masked, and no payload is shown. A star after the state marks one that
    was edited.
    """
    from local.dead_letters import DeadLetters
    from local.masking import Mask

    wanted = filter_of(
        function=function,
        cause=cause,
        group=group,
        key=key,
        text=text,
        since=since,
        until=until,
        all_states=all_states,
    )
    with DeadLetters.open(data, kafka=kafka) as letters:
        found = letters.find(wanted)
    mask, chosen = Mask(reveal=reveal), found[:limit]
    if as_json:
        print_json([letter.summary(mask) for letter in chosen])
    else:
        print_letters(chosen, mask)
    if len(chosen) < len(found):
        warn(f"{len(found) - len(chosen):,} more; --limit shows the oldest {len(chosen):,}.")
