"""Load functions by package name: this is all that the tools know of an application."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from runtime.registry import Registry, load


def load_functions(packages: Sequence[str]) -> Registry:
    """Import the packages and return what they declare.

    A package in the directory where the command was called is found, as `python -m` would find
    it. Raises DeclarationError when one is missing or declared wrongly.
    """
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    return load(*(name for given in packages for name in given.split(",") if name))
