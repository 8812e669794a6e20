"""sluice dlq audit"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.commands.dlq.columns import print_columns
from local.commands.dlq.options import (
    Function,
    Ids,
    Limit,
    Postgres,
    Reveal,
    Since,
    Until,
    filter_of,
)
from local.commands.dlq.shown import second, short
from local.commands.options import DATA, AsJson, Data, Kafka
from local.output import print_json

if TYPE_CHECKING:
    from local.dead_letters import Action
    from local.masking import Mask


def audit(
    ids: Ids = None,
    function: Function = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = None,
    reveal: Reveal = False,
    data: Data = DATA,
    kafka: Kafka = None,
    postgres: Postgres = None,
    as_json: AsJson = False,
) -> None:
    """Show who did what with dead letters, when, why, and what became of it; newest last.

    A replayed event is waiting, has failed again, is handled where the function's own mark proves
    it, and else taken: the function has come past it.
    """
    from local.dead_letters import DeadLetters
    from local.dead_letters.described import described_action
    from local.masking import Mask

    wanted = filter_of(ids, function=function, since=since, until=until)
    with DeadLetters.open(data, kafka=kafka, postgres=postgres) as letters:
        found = letters.audit(wanted)
    mask, chosen = Mask(reveal=reveal), found[-limit:] if limit else found
    if as_json:
        print_json([described_action(action, mask) for action in chosen])
    else:
        columns = ("AT", "BY", "ACTION", "OUTCOME", "ID", "FUNCTION", "REASON", "CHANGE")
        print_columns(columns, [_row(action, mask) for action in chosen])


def _row(action: Action, mask: Mask) -> tuple[object, ...]:
    from local.dead_letters.described import change_of

    audit = action.audit
    who = second(audit.at.isoformat()), mask.text(audit.by), audit.action, action.outcome
    what = short(audit.id), audit.function, mask.text(audit.reason), change_of(audit, mask)
    return (*who, *what)
