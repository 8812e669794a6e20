"""sluice functions"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.commands.options import FUNCTIONS, AsJson, Functions
from local.output import print_json, print_table

if TYPE_CHECKING:
    from runtime.spec import FunctionSpec


def functions(packages: Functions = FUNCTIONS, as_json: AsJson = False) -> None:
    """List what is loaded: trigger, tables, outputs, retries."""
    from local.loading import load_functions

    specs = load_functions(packages).functions()
    if as_json:
        print_json([_entry(spec) for spec in specs])
        return
    print_table(
        ("FUNCTION", "TRIGGER", "TABLES", "PUBLISHES", "RETRIES"), [_row(spec) for spec in specs]
    )


def _row(spec: FunctionSpec) -> tuple[str, ...]:
    tables = ", ".join(table.name for table in spec.tables)
    attempts = f"{spec.retries.attempts} attempts" if _has_retries(spec) else "-"
    return spec.id, str(spec.trigger), tables or "-", ", ".join(spec.publishes) or "-", attempts


def _entry(spec: FunctionSpec) -> dict[str, Any]:
    on_topic = _has_retries(spec)
    return {
        "id": spec.id,
        "service": spec.service,
        "name": spec.name,
        "kind": type(spec.trigger).__name__.lower(),
        "trigger": str(spec.trigger),
        "tables": [table.name for table in spec.tables],
        "publishes": list(spec.publishes),
        "retries": vars(spec.retries) if on_topic else None,
        "retry_topic": spec.retry_topic if on_topic else None,
        "dead_letter_topic": spec.dead_letter_topic if on_topic else None,
        "ordered": spec.ordered,
        "batch": spec.batch,
        "doc": spec.doc.partition("\n")[0],
    }


def _has_retries(spec: FunctionSpec) -> bool:
    """Only events are retried and dead-lettered: a request fails to its client."""
    from runtime.spec import Topic

    return isinstance(spec.trigger, Topic)
