"""What is happening now, told to whoever wants to know."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

#: Called with the part that is meant ("kafka", "daprd", ...) and a few words; from any thread.
Progress = Callable[[str, str], None]


def silent(part: str, words: str) -> None:
    """Tell nobody."""


@contextmanager
def shown(console: Console) -> Iterator[Progress]:
    """Print a line for each thing that happens, and show a spinner until all is done."""
    with console.status("working") as status:

        def tell(part: str, words: str) -> None:
            console.print(f"[bold]{escape(part):<9}[/] {escape(words)}", highlight=False)
            status.update(f"{escape(part)} {escape(words)}")

        yield tell
