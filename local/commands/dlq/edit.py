"""sluice dlq edit"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local.commands.dlq.options import By, Id, Reason, user
from local.commands.options import DATA, AsJson, Data, Kafka, Registry
from local.errors import Misuse
from local.output import print_json, say

if TYPE_CHECKING:
    from local.avro_values import AvroValues
    from local.dead_letters import Entry

Patch = Annotated[
    str | None,
    typer.Option(
        "--patch", metavar="JSON", help="Merge patch (RFC 7396) of the payload; - reads it."
    ),
]
Value = Annotated[
    str | None,
    typer.Option("--value", metavar="FILE", help="The whole payload, as it is; - reads it."),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force", help="Also another source or id, what cannot be read, or what is replayed."
    ),
]


def edit(
    id: Id,
    patch: Patch = None,
    value: Value = None,
    force: Force = False,
    reason: Reason = "",
    by: By = "",
    data: Data = DATA,
    kafka: Kafka = None,
    registry: Registry = None,
    as_json: AsJson = False,
) -> None:
    """Change the payload of a dead letter: by --patch, by --value, or in $EDITOR.

    The original is kept, and what was changed is noted in the audit trail. A replay then sends
    the edited payload. Source and id of a CloudEvent stay as they are: it is the same event. Avro
    is changed as JSON, and is Avro of the same schema again; --value takes bytes as they are.
    """
    from local.dead_letters import DeadLetters
    from local.dead_letters.editing import patched
    from local.masking import Mask

    if patch is not None and value is not None:
        raise Misuse("--patch and --value exclude each other; leave one of them away.")
    given = _patch(patch) if patch is not None else None
    with DeadLetters.open(data, kafka=kafka, registry=registry) as letters:
        entry = letters.get(id)
        if patch is not None:
            wanted = patched(entry, given, letters.avro)
        else:
            wanted = _in_editor(entry, letters.avro) if value is None else _read(value)
        edited = letters.edit(entry, wanted, by=by or user(), reason=reason, force=force)
    if as_json:
        print_json(edited.digest.summary(Mask()))
        return
    change = edited.actions[-1]
    say(f"{edited.letter.id} is edited{_told(change, Mask())}.")
    say(f"sluice dlq replay {edited.letter.id} sends it to {edited.letter.function}.")


def _patch(text: str) -> Any:
    from local import exact_json

    try:
        return exact_json.parse(_standard_input() if text == "-" else text.encode())
    except ValueError as error:
        raise Misuse(f"--patch is no JSON: {error}") from None


def _read(place: str) -> bytes:
    return _standard_input() if place == "-" else Path(place).read_bytes()


def _standard_input() -> bytes:
    return sys.stdin.buffer.read()


def _in_editor(entry: Entry, avro: AvroValues) -> bytes:
    from local.dead_letters.drafts import draft_of, payload_of
    from local.dead_letters.editing import as_payload, document_of
    from local.editor import edited

    before = document_of(entry, avro)
    text, suffix = draft_of(before)
    return as_payload(entry, payload_of(edited(text, suffix), before), avro)


def _told(change: Any, mask: Any) -> str:
    from local.dead_letters.described import change_of

    text = change_of(change, mask)
    return f": {text}" if text else ""
