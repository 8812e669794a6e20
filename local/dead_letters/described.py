"""A dead letter and its history as JSON, for `--json` and for the HTTP API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from local import exact_json, tail

if TYPE_CHECKING:
    from local.dead_letters.audit import Audit
    from local.dead_letters.entry import Entry
    from local.dead_letters.workbench import Action
    from local.masking import Mask


def described(entry: Entry, history: Iterable[Action], mask: Mask) -> dict[str, Any]:
    """Return everything that is known of one dead letter.

    `record` is the event as the function gets it, `original` what it was before it was edited.
    """
    fields = msgspec.structs.asdict(entry.letter)
    shown = {
        name: mask.text(value) if isinstance(value, str) else value
        for name, value in fields.items()
        if name != "due"
    }
    stack = shown.pop("stack")
    original = entry.original
    return {
        **shown,
        "group": entry.digest.group,
        "state": entry.state,
        "edited": entry.digest.edition > 0,
        "stack": stack,
        "record": tail.as_object(entry.event, mask),
        "original": None if original is None else tail.as_object(original, mask),
        "history": [described_action(action, mask) for action in history],
    }


def described_action(action: Action, mask: Mask) -> dict[str, Any]:
    """Return one line of the audit trail."""
    audit = action.audit
    shown = {
        "id": audit.id,
        "action": audit.action,
        "at": audit.at,
        "by": mask.text(audit.by),
        "reason": mask.text(audit.reason),
        "function": audit.function,
        "attempts": audit.attempts,
        "outcome": action.outcome,
    }
    if audit.run:
        shown["run"] = audit.run
    if bytes(audit.patch):
        shown["patch"] = msgspec.Raw(change_of(audit, mask).encode())
    elif audit.change:
        shown["change"] = audit.change
    return shown


def change_of(audit: Audit, mask: Mask) -> str:
    """Return what an edit changed: the patch, or words; empty for other actions."""
    if not bytes(audit.patch):
        return audit.change
    return exact_json.write(mask.data(exact_json.parse(bytes(audit.patch)))).decode()
