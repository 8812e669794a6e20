"""What a request on dead letters asks for: in its query, or in its body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from local.dead_letters.digest import Digest
from local.dead_letters.filters import STATES, Filter
from local.errors import Misuse
from local.moments import moment_of
from runtime import wire

#: Who it was, where a request does not say. One token is shared by all, so it is taken at its word.
SOMEBODY = "http"
PAGE, MOST = 100, 1000
_NAMES = ("function", "cause", "group", "key", "text")


class Selection(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The body of a replay or discard."""

    ids: list[str] = []
    function: str | None = None
    cause: str | None = None
    group: str | None = None
    key: str | None = None
    text: str | None = None
    since: str | None = None
    until: str | None = None
    all: bool = False
    again: bool = False
    dry_run: bool = False
    limit: int | None = None
    rate: float | None = None
    reason: str = ""
    by: str = SOMEBODY

    def filter(self) -> Filter:
        """Return which dead letters are meant. Raises Misuse when that is not said."""
        found = Filter(
            ids=tuple(self.ids),
            since=moment_of(self.since, "since") if self.since else None,
            until=moment_of(self.until, "until") if self.until else None,
            **{name: getattr(self, name) for name in _NAMES},
        )
        if not (found.is_narrow or self.all):
            raise Misuse("Say which: ids, group, function or another filter, or all: true.")
        return found


def selection(body: bytes, id: str | None) -> Selection:
    """Read a body; an empty one is for the dead letter of the path. Raises DecodeError, Misuse."""
    wire.refuse_duplicate_keys(body)
    found: Selection = wire.decode(body or b"{}", Selection)
    if id is not None:
        found.ids = [id]
    for name, value in (("limit", found.limit), ("rate", found.rate)):
        if value is not None and value <= 0:
            raise Misuse(f"{name} is {value}; expected more than 0.")
    return found


def filter_of(args: Mapping[str, str]) -> Filter:
    """Read a filter from a query. Raises Misuse."""
    state = args.get("state", "open")
    if state not in (*STATES, "all"):
        raise Misuse(f"state is {state!r}; expected {', '.join(STATES)} or all.")
    return Filter(
        ids=tuple(filter(None, [args.get("id")])),
        since=moment_of(args["since"], "since") if "since" in args else None,
        until=moment_of(args["until"], "until") if "until" in args else None,
        states=STATES if state == "all" else (state,),
        **{name: args.get(name) for name in _NAMES},
    )


def page_of(
    found: Sequence[Digest], args: Mapping[str, str]
) -> tuple[Sequence[Digest], str | None]:
    """Return one page, and what `after` is for the next one; None on the last."""
    after, limit = args.get("after"), limit_of(args)
    rest = [digest for digest in found if after is None or _place(digest) > after]
    page = rest[:limit]
    return page, _place(page[-1]) if len(page) < len(rest) else None


def limit_of(args: Mapping[str, str]) -> int:
    """Read how many are asked for. Raises Misuse."""
    text = args.get("limit", str(PAGE))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MOST:
        raise Misuse(f"limit is {text[:50]!r}; expected a number from 1 to {MOST}.")
    return int(text[:9])


def flag(args: Mapping[str, str], name: str) -> bool:
    """Read true or false. Raises Misuse."""
    text = args.get(name, "false").lower()
    if text not in ("true", "false"):
        raise Misuse(f"{name} is {text!r}; expected true or false.")
    return text == "true"


def _place(digest: Digest) -> str:
    return f"{digest.first_failed}/{digest.id}"
