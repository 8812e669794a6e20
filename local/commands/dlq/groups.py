"""sluice dlq groups"""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from local.commands.dlq.columns import fitted, print_columns
from local.commands.dlq.options import (
    AllStates,
    Cause,
    Function,
    Key,
    Limit,
    Reveal,
    Since,
    Text,
    Until,
    filter_of,
)
from local.commands.dlq.shown import error_of, second, short
from local.commands.options import DATA, AsJson, Data, Kafka
from local.output import print_json, say

if TYPE_CHECKING:
    from local.dead_letters import Group
    from local.masking import Mask

#: Narrower than this a table of groups cannot be read.
_TABLE_COLUMNS = 140


def groups(
    function: Function = None,
    cause: Cause = None,
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
    """Count the open dead letters by cause, the largest group first.

    Those of one group failed in the same function with the same class of error at the same place
    in the code. `sluice dlq replay --group ID` replays one.
    """
    from local.dead_letters import DeadLetters
    from local.masking import Mask

    wanted = filter_of(
        function=function,
        cause=cause,
        key=key,
        text=text,
        since=since,
        until=until,
        all_states=all_states,
    )
    with DeadLetters.open(data, kafka=kafka) as letters:
        found = letters.groups(wanted)[:limit]
    mask = Mask(reveal=reveal)
    if as_json:
        print_json([group.summary(mask) for group in found])
    elif sys.stdout.isatty() and shutil.get_terminal_size().columns < _TABLE_COLUMNS:
        for group in found:
            _print_block(group, mask)
    else:
        columns = ("ID", "COUNT", "FUNCTION", "CAUSE", "FIRST", "LAST", "EXAMPLE", "ERROR")
        print_columns(columns, [_row(group, mask) for group in found])


def _row(group: Group, mask: Mask) -> tuple[object, ...]:
    example = group.example
    seen = second(group.first_seen), second(group.last_seen)
    what = group.id, f"{group.count:,}", example.function, example.cause
    return (*what, *seen, short(example.id), error_of(example, mask))


def _print_block(group: Group, mask: Mask) -> None:
    example = group.example
    say(fitted(f"{group.id}  {group.count:,} of {example.function}"))
    say(fitted(f"  {example.cause}"))
    say(fitted(f"  first {second(group.first_seen)}"))
    say(fitted(f"  last  {second(group.last_seen)}  {short(example.id)}"))
    say(fitted(f"  {error_of(example, mask)}"))
