"""Dead letters of one cause: the same function, class of error, and place in the code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from local.dead_letters.digest import Digest
from local.masking import Mask


@dataclass
class Group:
    """One cause. `example` is the dead letter of it that failed last; times are RFC 3339 in UTC."""

    count: int
    first_seen: str
    example: Digest

    @property
    def id(self) -> str:
        """What `--group` takes: the same as long as the line in the code does not move."""
        return self.example.group

    @property
    def last_seen(self) -> str:
        """When an event failed for this cause most lately."""
        return self.example.last_failed

    def add(self, digest: Digest) -> None:
        """Count one more."""
        self.count += 1
        self.first_seen = min(self.first_seen, digest.first_failed)
        if digest.last_failed >= self.example.last_failed:
            self.example = digest

    def summary(self, mask: Mask) -> dict[str, object]:
        """The entry of `dlq groups --json`."""
        return {
            "id": self.id,
            "count": self.count,
            "function": self.example.function,
            "cause": self.example.cause,
            "error": mask.text(f"{self.example.error}: {self.example.message}"),
            "first_seen": self.first_seen,
            "last_seen": self.last_seen,
            "example": self.example.id,
        }


def groups_of(digests: Iterable[Digest]) -> list[Group]:
    """Return the groups, the largest first."""
    found: dict[tuple[str, str], Group] = {}
    for digest in digests:
        group = found.get((digest.function, digest.cause))
        if group is None:
            found[digest.function, digest.cause] = Group(1, digest.first_failed, digest)
        else:
            group.add(digest)
    return sorted(found.values(), key=lambda group: (-group.count, group.first_seen, group.id))
