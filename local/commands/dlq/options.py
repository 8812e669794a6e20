"""The options that the commands on dead letters share."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from local.commands.options import Reveal
from local.commands.tables import Postgres

if TYPE_CHECKING:
    from local.dead_letters import Filter

__all__ = ["Postgres", "Reveal"]

Id = Annotated[str, typer.Argument(metavar="ID", help="Its id, or the beginning of it.")]
Ids = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ID]...", help="Which dead letters, by the beginning of their ids."),
]
Function = Annotated[
    str | None,
    typer.Option("--function", "-f", metavar="F", help="Only those of this function."),
]
Cause = Annotated[
    str | None,
    typer.Option(
        "--cause",
        metavar="C",
        help="Only those with this in the error's class, place in the code, or message.",
    ),
]
Group = Annotated[
    str | None,
    typer.Option("--group", metavar="ID", help="Only those of this group of `dlq groups`."),
]
Key = Annotated[str | None, typer.Option("--key", help="Only those of records with this key.")]
Text = Annotated[
    str | None, typer.Option("--text", help="Only those with this in their payload or message.")
]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="Not before this: RFC 3339, or 2h for ago."),
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="Before this: RFC 3339, or 2h.")
]
Limit = Annotated[
    int | None, typer.Option("--limit", metavar="N", min=1, help="At most N of them.")
]
AllStates = Annotated[
    bool, typer.Option("--all", help="Also those that were replayed or discarded.")
]
Every = Annotated[bool, typer.Option("--all", help="All open ones (that match).")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would happen.")]
Reason = Annotated[str, typer.Option("--reason", help="Noted in the audit trail.")]
By = Annotated[
    str,
    typer.Option(
        "--by", envvar="SLUICE_BY", metavar="NAME", help="Who does it; the user when left out."
    ),
]


def filter_of(
    ids: list[str] | None = None,
    *,
    function: str | None,
    cause: str | None = None,
    group: str | None = None,
    key: str | None = None,
    text: str | None = None,
    since: str | None,
    until: str | None,
    all_states: bool = False,
) -> Filter:
    """Make a filter of what was given. Raises Misuse for a time that is none."""
    from local.dead_letters import Filter
    from local.dead_letters.filters import STATES
    from local.moments import moment_of

    return Filter(
        ids=tuple(ids or ()),
        function=function,
        cause=cause,
        group=group,
        key=key,
        text=text,
        since=moment_of(since, "--since") if since else None,
        until=moment_of(until, "--until") if until else None,
        states=STATES if all_states else ("open",),
    )


def user() -> str:
    """Return who is at the terminal."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"
