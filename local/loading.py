"""Load functions by package name: this is all that the tools know of an application."""

from __future__ import annotations

import importlib
import itertools
import os
import sys
import traceback
from collections.abc import Sequence

from local.errors import Failure, Misuse
from runtime import registry
from runtime.errors import SluiceError
from runtime.registry import Registry, load

#: Files whose part of a traceback says nothing of the module that cannot be imported.
_IMPORTERS = (__file__, registry.__file__, importlib.__file__)


def load_functions(packages: Sequence[str]) -> Registry:
    """Import the packages and return what they declare.

    A package in the directory where the command was called is found, as `python -m` would find
    it. Raises DeclarationError when one is missing or declared wrongly, Failure when a module of
    theirs cannot be imported, Misuse when nothing is declared in them.
    """
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    names = [name for given in packages for name in given.split(",") if name]
    try:
        found = load(*names)
    except SluiceError:
        raise
    except Exception as error:  # whatever a module does when it is imported
        raise Failure(
            f"A module of {', '.join(names)} cannot be imported:\n{_told(error)}"
        ) from error
    if not found.services:
        raise Misuse(
            f"No function is declared in {', '.join(names) or repr('')}; expected a package "
            "whose modules use @function(...). Name it with --functions."
        )
    return found


def _told(error: Exception) -> str:
    """The traceback from the module on: how it came to be imported is of no use."""
    frames = itertools.dropwhile(
        lambda frame: frame.filename in _IMPORTERS or frame.filename.startswith("<frozen"),
        traceback.extract_tb(error.__traceback__),
    )
    lines = [*traceback.format_list(list(frames)), *traceback.format_exception_only(error)]
    return "".join(lines).rstrip()
