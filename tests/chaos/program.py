"""The real programs, with points at which they can be killed.

    python -m tests.chaos.program runtime depot --functions tests.chaos.functions
    python -m tests.chaos.program local up --data DIR --functions tests.chaos.functions

CHAOS_FAULTS is the folder of `tests.chaos.faults`. Nothing of the product knows of this: its
sidecars, its functions and its requests are wrapped from outside, before it starts.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from runtime.delivery import Consumer
from runtime.outbox import Outbox
from runtime.recalls import Recalls
from runtime.record import Message
from runtime.registry import load
from runtime.requests import Begun, Caller, Request
from runtime.schedules import Schedule
from runtime.sidecars.base import Sidecar, Stored, Write
from runtime.sidecars.embedded.log import Log
from runtime.spec import Every, FunctionSpec, Response
from runtime.uncommitted import Uncommitted
from tests.chaos.faults import Faults, Folder
from tests.chaos.points import RECALLS

FUNCTIONS = "tests.chaos.functions"
#: How long a call to daprd has been under way when the process is killed over it.
UNDER_WAY_SECONDS = 0.003

faults: Faults


class WithPoints:
    """A sidecar that can be killed before, within and after every call."""

    def __init__(self, inner: Sidecar) -> None:
        self._inner = inner
        self.publishes_in_transaction = inner.publishes_in_transaction

    def get(self, keys: Sequence[str]) -> dict[str, Stored]:
        faults.reach("before the read")
        found = self._inner.get(keys)
        faults.reach("after the read")
        return found

    def transact(self, writes: Sequence[Write], messages: Sequence[Message] = ()) -> None:
        faults.reach("before the transaction")
        act = functools.partial(self._inner.transact, writes, messages)
        # In the embedded engine the point within is in `Log.append`, before the commit.
        fault = None if self.publishes_in_transaction else faults.due("within the transaction")
        if fault:
            threading.Thread(target=act, daemon=True).start()
            time.sleep(UNDER_WAY_SECONDS)
            faults.strike(fault)
        act()
        faults.reach("after the transaction")

    def publish(self, messages: Sequence[Message]) -> None:
        faults.reach("before publishing")
        if fault := faults.due("within publishing"):
            self._inner.publish(_half(messages))
            faults.strike(fault)
        self._inner.publish(messages)
        faults.reach("after publishing")

    def publish_again(
        self, messages: Sequence[Message], since_ms: int, *, by_another: bool = False
    ) -> None:
        faults.work()  # whatever brought it here
        faults.reach("before publishing again")
        if fault := faults.due("within publishing again"):
            self._inner.publish_again(_half(messages), since_ms, by_another=by_another)
            faults.strike(fault)
        self._inner.publish_again(messages, since_ms, by_another=by_another)
        faults.reach("after publishing again")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)  # what a kill would not change


def preload() -> None:
    """Import what the programs need, but for what depends on the environment, and for gRPC: a
    fork of a process that has imported it crashes when it is used.
    """
    from local import cli, serving  # noqa: F401


def install(sidecar: Any, name: str) -> None:
    """Put the points into the product, and into the module where it finds its sidecar."""
    setattr(sidecar, name, _with_points(getattr(sidecar, name)))
    for spec in load(FUNCTIONS).functions():
        object.__setattr__(spec, "call", _watched(spec))
    Log.append = _within_the_transaction(Log.append)  # type: ignore[method-assign]
    Consumer.deliver = _unit(Consumer.deliver, _answered)  # type: ignore[method-assign]
    Caller.begin = _requested(Caller.begin)  # type: ignore[method-assign]
    Schedule.tick = _unit(Schedule.tick, _answered)  # type: ignore[method-assign]
    Recalls.tick = _unit(Recalls.tick, _nothing)  # type: ignore[method-assign]
    Outbox.tick = _unit(Outbox.tick, _nothing)  # type: ignore[method-assign]


def _with_points(make: Callable[..., Sidecar]) -> Callable[..., Sidecar]:
    return lambda *given: WithPoints(make(*given))


def _requested(begin: Callable[..., Begun]) -> Callable[..., Begun]:
    """A request: its function runs, and it is committed, perhaps by another thread, with others.

    Then its client is about to be told.
    """

    def begun(self: Caller, request: Request) -> Begun:
        faults.begin(self.spec.name)
        said = begin(self, request)
        if isinstance(said, Uncommitted):
            return Uncommitted(lambda: commit(self, said))
        faults.answered()
        return said

    def commit(self: Caller, said: Uncommitted[Response]) -> Response:
        faults.begin(self.spec.name)
        returned = said.commit()
        faults.answered()
        return returned

    return begun


def _watched(spec: FunctionSpec) -> Callable[..., Any]:
    @functools.wraps(spec.call)
    def call(**given: Any) -> Any:
        faults.reach("before the handler")
        returned = spec_call(**given)
        if isinstance(spec.trigger, Every) and returned is None:
            faults.idle()
        faults.reach("after the handler")
        return returned

    spec_call = spec.call
    return call


def _within_the_transaction(append: Callable[..., Any]) -> Callable[..., Any]:
    def appended(*given: Any) -> Any:
        faults.reach("within the transaction")
        return append(*given)

    return appended


def _unit(act: Callable[..., Any], done: Callable[[], None]) -> Callable[..., Any]:
    """A unit of work, of a function or of the clock's; `done` when it is over."""

    def unit(self: Any, *given: Any) -> Any:
        faults.begin(_name_of(self))
        returned = act(self, *given)
        done()
        return returned

    return unit


def _name_of(unit: Any) -> str:
    if isinstance(unit, Recalls):
        return RECALLS
    return "" if isinstance(unit, Outbox) else str(unit.spec.name)


def _answered() -> None:
    faults.answered()


def _nothing() -> None:
    """Nobody waits for the outbox, nor for what is put back."""


def _half(messages: Sequence[Message]) -> Sequence[Message]:
    return messages[: (len(messages) + 1) // 2]


def main() -> int | None:
    """Run `runtime` or `local`, with the arguments that it takes itself."""
    global faults
    faults = Faults(Folder(Path(os.environ["CHAOS_FAULTS"])))
    sys.argv = sys.argv[1:]
    if sys.argv[0] == "runtime":
        from runtime import __main__ as service

        install(service, "DaprSidecar")
        return service.main()
    from local import cli
    from runtime import engine

    install(engine, "EmbeddedSidecar")
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
