"""sluice dlq show"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from local.commands.dlq.options import Id, Postgres, Reveal
from local.commands.dlq.shown import second
from local.commands.options import DATA, AsJson, Data, Kafka, Raw, Registry
from local.output import print_json, say

if TYPE_CHECKING:
    from local.dead_letters import Action, Entry
    from local.masking import Mask


def show(
    id: Id,
    reveal: Reveal = False,
    registry: Registry = None,
    raw: Raw = False,
    data: Data = DATA,
    kafka: Kafka = None,
    postgres: Postgres = None,
    as_json: AsJson = False,
) -> None:
    """Show one dead letter with everything it knows.

    Its reasons and stack, headers and payload, where it came from, what was done with it, and what
    it was before it was edited. Names, addresses and the like are masked.
    """
    from local.avro_values import reader
    from local.dead_letters import DeadLetters, Filter
    from local.dead_letters.described import described
    from local.masking import Mask

    with DeadLetters.open(data, kafka=kafka, postgres=postgres) as letters:
        entry = letters.get(id)
        history = letters.audit(Filter(ids=(entry.letter.id,)))
    mask = Mask(reveal=reveal, avro=reader(registry, data, kafka, raw=raw))
    if as_json:
        print_json(described(entry, history, mask))
        return
    for line in _lines(entry, history, mask):
        say(line)


def _lines(entry: Entry, history: list[Action], mask: Mask) -> Iterator[str]:
    letter, original = entry.letter, entry.original
    yield from (f"{name:14}{value}" for name, value in _facts(entry, mask).items())
    yield from ("", "Headers", *_indented(mask.headers(entry.event.headers)))
    yield from ("", "Payload", _payload(mask, entry.event.value))
    if original is not None:
        yield from ("", "Payload before it was edited", _payload(mask, original.value))
    yield from ("", "Stack", mask.text(letter.stack).rstrip())
    if history:
        yield from ("", "What was done", *(_done(action, mask) for action in history))


def _facts(entry: Entry, mask: Mask) -> dict[str, object]:
    letter, key = entry.letter, entry.record.key
    edited = f", edited {entry.digest.edition} times" if entry.digest.edition else ""
    return {
        "id": letter.id,
        "state": f"{entry.state}{edited}",
        "function": letter.function,
        "error": mask.text(f"{letter.error}: {letter.message}"),
        "cause": letter.cause,
        "group": entry.digest.group,
        "attempts": f"{letter.attempts}, {letter.retries} of them delayed",
        "first failed": second(letter.first_failed),
        "last failed": second(letter.last_failed),
        "origin": f"{letter.origin_topic} {letter.origin_partition}:{letter.origin_offset}",
        "key": "-" if key is None else mask.key(key),
        "event": mask.text(f"{letter.event_source} {letter.event_id}"),
    }


def _payload(mask: Mask, value: bytes) -> str:
    import msgspec

    from local import exact_json

    shown: Any = mask.payload(value)["value"]
    if shown is None:
        return "(tombstone)"
    return exact_json.pretty(bytes(shown)) if isinstance(shown, msgspec.Raw) else str(shown)


def _indented(headers: dict[str, str]) -> Iterator[str]:
    if not headers:
        yield "  none"
    yield from (f"  {name}: {value}" for name, value in headers.items())


def _done(action: Action, mask: Mask) -> str:
    from local.dead_letters.described import change_of

    audit = action.audit
    told = filter(None, (mask.text(audit.reason), change_of(audit, mask)))
    when = second(audit.at.isoformat())
    return f"  {when}  {mask.text(audit.by)}  {audit.action}: {action.outcome}  {'  '.join(told)}"
