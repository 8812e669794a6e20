"""Equal requests that wait for the same row: when it changes, they are run as one."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from functools import partial
from typing import Any

from runtime.crew import Crew, Work
from runtime.uncommitted import Uncommitted

_Future = asyncio.Future[Any]


class Sharing:
    """Lets equal work that is asked for at the same time be done once. For one event loop."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        #: What has not begun. Whoever comes later gets work of his own: what is under way may have
        #: read the rows already, and would tell him what was true before he asked.
        self._ahead: dict[Hashable, _Shared] = {}

    def run(self, key: Hashable | None, work: Work) -> _Future:
        """Have it done as by `Crew.run`, or have a part in what was asked for under the same key.

        Work without an equal has the key None. Whoever gives up takes nobody along. Work that
        leaves something to be committed is done for each of them.
        """
        if key is None:
            return self._crew.run(work)
        # One of its own for each of them: awaiting `asyncio.shield` instead takes twice as long.
        asker: _Future = asyncio.get_running_loop().create_future()
        shared = self._ahead.get(key)
        if shared is None:
            shared = self._ahead[key] = _Shared(work)
            said = self._crew.run(partial(self._begin, key, shared))
            said.add_done_callback(partial(self._tell, shared))
        shared.askers.append(asker)
        return asker

    def _begin(self, key: Hashable, shared: _Shared) -> Any:
        del self._ahead[key]
        begun = shared.work()
        shared.keeps = isinstance(begun, Uncommitted)
        return begun

    def _tell(self, shared: _Shared, said: _Future) -> None:
        first, *others = shared.askers
        _pass_on(first, said)
        for asker in others:
            if shared.keeps:
                self._crew.run(shared.work).add_done_callback(partial(_pass_on, asker))
            else:
                _pass_on(asker, said)


class _Shared:
    """One piece of work, and who asked for it; `keeps` when it was done for the first of them."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.askers: list[_Future] = []
        self.keeps = False


def _pass_on(asker: _Future, said: _Future) -> None:
    if asker.done():
        return  # given up
    if error := said.exception():
        asker.set_exception(error)
    else:
        asker.set_result(said.result())
