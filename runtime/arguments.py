"""What does a function get for each of its parameters?"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

from runtime.clock import Clock
from runtime.rows import Rows
from runtime.spec import FunctionSpec, Parameter
from runtime.table import Table
from runtime.timers import Timers


class Resources:
    """Things a function needs that live as long as the process: settings, mailers, documents.

    Each is made by its own `open(environ)` when it is first asked for, once per process.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self._lock = threading.Lock()
        self._open: dict[type, Any] = {}

    def get(self, wanted: Any) -> Any:
        """Return the one of this type, making it if need be; what `open` raises goes through."""
        with self._lock:
            if wanted not in self._open:
                self._open[wanted] = wanted.open(self._environ)
            return self._open[wanted]

    def close(self) -> None:
        """Close those that can be closed."""
        for resource in self._open.values():
            if hasattr(resource, "close"):
                resource.close()


class Arguments:
    """Makes the arguments for every call of one function."""

    def __init__(self, spec: FunctionSpec, clock: Clock, resources: Resources) -> None:
        self._parameters = spec.parameters
        self._clock = clock
        self._resources = resources

    def over(
        self, rows: Rows, *, lists: bool = True
    ) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        """Return what makes the arguments of one call from those that differ call by call.

        Tables, clock and resources are the same for a whole unit of work, so they are made once.
        """
        shared = {
            parameter.name: self._shared(parameter, rows, lists)
            for parameter in self._parameters
            if parameter.source in ("table", "timers", "clock", "resource")
        }
        return lambda varying: {**shared, **varying}

    def _shared(self, parameter: Parameter, rows: Rows, lists: bool) -> Any:
        match parameter.source:
            case "table":
                return Table.over(rows, parameter.name, parameter.type, lists=lists)
            case "timers":
                return Timers(rows, parameter.name)
            case "clock":
                return self._clock
            case _:
                return self._resources.get(parameter.type)
