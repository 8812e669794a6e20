"""A search server that answers what it is told to, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.local.http_service import Reply, Request, serving


@dataclass
class Answering:
    """`answers` are (status, body) in turn; the last one is for all that follow."""

    url: str = ""
    answers: list[tuple[int, Any]] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)

    def answer(self, request: Request) -> Reply:
        self.asked.append(request)
        status, said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return status, said if isinstance(said, bytes) else json.dumps(said).encode()


@contextmanager
def answering(*answers: tuple[int, Any]) -> Iterator[Answering]:
    server = Answering(answers=list(answers))
    with serving(server.answer) as server.url:
        yield server
