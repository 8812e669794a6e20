"""Structured logs: an event's name is a constant, everything that varies is a field."""

from __future__ import annotations

import faulthandler
import logging
import sys
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from functools import partial
from typing import Any, TextIO, cast

import structlog

from runtime.printable import printable
from runtime.secrets import hide

LEVELS = ("debug", "info", "warning", "error")


def configure(level: str = "info", *, as_json: bool | None = None) -> None:
    """Send logs to standard error: as JSON lines, or readable when that is a terminal.

    Standard output stays free for what a command prints. A crash in native code ends with every
    thread's stack there: such a process would end without a word.
    """
    with suppress(OSError, ValueError):  # standard error may be closed, or no file
        faulthandler.enable()
    if as_json is None:
        as_json = not sys.stderr.isatty()
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _without_secrets,
            *([] if as_json else [_printable]),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(file=cast(TextIO, _Careful())),
        cache_logger_on_first_use=True,
    )


class _Careful:
    """Standard error that takes what it can: a full disk must stop no thread that says so."""

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # ValueError: it is closed
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


def _without_secrets(_: Any, __: str, fields: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Errors quote what they were given."""
    return {name: _over_text(value, hide) for name, value in fields.items()}


def _printable(_: Any, __: str, fields: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """A stack keeps its lines; nothing else has any."""
    return {
        name: _over_text(value, partial(printable, keeping="\n" if name == "exception" else ""))
        for name, value in fields.items()
    }


def _over_text(value: Any, change: Callable[[str], str]) -> Any:
    match value:
        case str():
            return change(value)
        case list() | tuple():
            return [_over_text(each, change) for each in value]
        case dict():
            return {key: _over_text(each, change) for key, each in value.items()}
        case int() | float() | None:
            return value
        case _:
            return change(repr(value))


def logger(name: str) -> Any:
    """Return the logger of one module; `name` is the noun it is about, e.g. `delivery`."""
    return structlog.get_logger(component=name)
