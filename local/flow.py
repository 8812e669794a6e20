"""How do the functions hang together? Drawn from their declarations, so that it is always true."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runtime.registry import Registry
from runtime.spec import FunctionSpec
from runtime.spec import Topic as TopicTrigger

_HEADINGS = ("trigger", "function", "publishes", "tables")


def draw_text(registry: Registry) -> str:
    """Draw one line a function: what triggers it, what it publishes, which tables it uses."""
    rows = [_cells(spec) for spec in sorted(registry.functions(), key=_reading_order)]
    widths = [max(map(len, column)) for column in zip(_HEADINGS, *rows, strict=True)]
    lines = [_join(_HEADINGS, widths, "   "), *(_join(row, widths, "-->") for row in rows)]
    return "\n".join(line.rstrip() for line in lines)


def draw_mermaid(registry: Registry) -> str:
    """Draw a Mermaid flowchart: topics are rounded, functions square, HTTP and clock slanted."""
    lines = ["flowchart LR"]
    for name, service in sorted(registry.services.items()):
        lines.append(f"    subgraph {_id('service', name)}[{name}]")
        lines += [f'        {_id("fn", s.id)}["{s.name}"]' for s in service.functions.values()]
        lines.append("    end")
    triggers = {f"    {_trigger_id(s)}{_trigger_shape(s)}" for s in registry.functions()}
    outputs = {f'    {_id("topic", t)}(["{t}"])' for s in registry.functions() for t in s.publishes}
    lines += sorted(triggers | outputs)
    arrows = [
        arrow for s in sorted(registry.functions(), key=_reading_order) for arrow in _arrows(s)
    ]
    return "\n".join([*lines, *dict.fromkeys(arrows)])


def document(registry: Registry) -> str:
    """Write the page docs/flow.md: the chart, and the same as text."""
    return (
        "# The flow\n\n"
        "Generated from the functions' declarations by `sluice flow --mermaid`; do not edit.\n\n"
        f"```mermaid\n{draw_mermaid(registry)}\n```\n\n"
        f"```text\n{draw_text(registry)}\n```"
    )


def _reading_order(spec: FunctionSpec) -> tuple[bool, str, str]:
    """Requests and clocks come first: that is where everything starts."""
    return isinstance(spec.trigger, TopicTrigger), str(spec.trigger), spec.id


def _cells(spec: FunctionSpec) -> tuple[str, str, str, str]:
    tables = ", ".join(table.name for table in spec.tables)
    return str(spec.trigger), spec.id, ", ".join(spec.publishes) or "-", tables or "-"


def _join(cells: tuple[str, ...], widths: list[int], arrow: str) -> str:
    trigger, name, publishes, tables = (c.ljust(w) for c, w in zip(cells, widths, strict=True))
    onward = arrow if publishes.strip() != "-" else "   "
    return f"{trigger}  {arrow}  {name}  {onward}  {publishes}   {tables}"


def _arrows(spec: FunctionSpec) -> Iterator[str]:
    function = _id("fn", spec.id)
    yield f"    {_trigger_id(spec)} --> {function}"
    for topic in spec.publishes:
        yield f"    {function} --> {_id('topic', topic)}"


def _trigger_id(spec: FunctionSpec) -> str:
    kind = "topic" if isinstance(spec.trigger, TopicTrigger) else f"at_{spec.service}"
    return _id(kind, str(spec.trigger))


def _trigger_shape(spec: FunctionSpec) -> str:
    text = str(spec.trigger)
    return f'(["{text}"])' if isinstance(spec.trigger, TopicTrigger) else f'[/"{text}"/]'


def _id(kind: str, name: str) -> str:
    # Mermaid takes letters, digits and underscores; "-" and "." must not fall together.
    return f"{kind}_" + re.sub(r"\W", lambda found: f"_{ord(found[0]):x}_", name)
