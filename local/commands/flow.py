"""sluice flow"""

from __future__ import annotations

from typing import Annotated

import typer

from local.commands.options import FUNCTIONS, Functions
from local.output import say


def flow(
    packages: Functions = FUNCTIONS,
    mermaid: Annotated[
        bool, typer.Option("--mermaid", help="Print a Markdown page with a Mermaid chart.")
    ] = False,
) -> None:
    """Draw how events flow through the functions."""
    from local import flow as drawing
    from local.loading import load_functions

    registry = load_functions(packages)
    say(drawing.document(registry) if mermaid else drawing.draw_text(registry))
