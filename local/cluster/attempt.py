"""Starting several things at the same time, so that all of them run afterwards, or none."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event

from local.cluster.errors import MemberFailed
from local.cluster.members import Member
from local.cluster.progress import Progress


class Attempt:
    """Remembers what it has started, and stops that when a part fails or Ctrl-C is pressed.

    Members that ran before are left alone.
    """

    def __init__(self, tell: Progress) -> None:
        #: Set when all is in vain; parts that take long look at it.
        self.cancelled = Event()
        self._tell = tell
        self._started: list[Member] = []

    def run(self, parts: Sequence[Callable[[], None]]) -> None:
        """Run the parts side by side; raise the first error once the others have ended."""
        try:
            with ThreadPoolExecutor(max_workers=len(parts)) as pool:
                futures = [pool.submit(part) for part in parts]
                try:
                    for future in wait(futures, return_when=FIRST_EXCEPTION).done:
                        future.result()
                except BaseException:
                    self.cancelled.set()
                    self._stop()  # so that nobody waits for a member to answer
                    raise
        except BaseException:
            self._stop()  # what a part was just about to start
            raise

    def start(self, member: Member) -> None:
        """Start a member and wait until it works; one that runs already is only waited for."""
        if self.cancelled.is_set():
            raise MemberFailed(f"Member {member.name!r} was not started: another part failed.")
        begin = time.monotonic()
        if member.process() is None:
            self._started.append(member)  # before it starts: it may fail half way
            self._tell(member.name, "starting")
        member.start()
        self._tell(member.name, f"works at {member.address} ({time.monotonic() - begin:.1f} s)")

    def _stop(self) -> None:
        for member in self._started:
            member.stop()
