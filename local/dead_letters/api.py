"""The dead letters over HTTP: on the gateway of `sluice up`, and by `sluice dlq serve`.

    GET   /v1/dead-letters              a page: filters in the query, limit, after, reveal
    GET   /v1/dead-letters/groups       GET  /v1/dead-letters/audit      GET /v1/dead-letters/{id}
    POST  /v1/dead-letters/{id}/replay  POST /v1/dead-letters/replay
    POST  /v1/dead-letters/{id}/discard POST /v1/dead-letters/discard
    PATCH /v1/dead-letters/{id}         an RFC 7396 merge patch of the payload

Names and values are those of `sluice dlq ... --json`; errors are problem bodies (RFC 9457).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Flask, request
from flask import Response as Answer

from local import exact_json
from local.dead_letters import query
from local.dead_letters.described import described, described_action
from local.dead_letters.digest import Digest
from local.dead_letters.errors import NoSuchLetter, Refused
from local.dead_letters.filters import Filter
from local.dead_letters.query import Selection
from local.dead_letters.topics import retry_topic
from local.dead_letters.workbench import DeadLetters
from local.errors import CommandError, Misuse
from local.masking import Mask
from runtime import problems, wire
from runtime.gate import is_loopback
from runtime.problems import problem
from runtime.settings import Settings

PATH = "/v1/dead-letters"
_PATCHES = ("application/merge-patch+json", "application/json")


def install(app: Flask, letters: DeadLetters, settings: Settings) -> None:
    """Add the routes to an application, which has to have a gate (`runtime.gate`).

    Where that lets everybody in, and the server listens for others than this machine, the dead
    letters are closed: they hold what customers wrote.
    """
    routes = _Routes(letters)
    blueprint = Blueprint("dead-letters", __name__, url_prefix=PATH)
    blueprint.before_request(lambda: _prepare(settings))
    blueprint.register_error_handler(Exception, _explain)
    for rule, method, view in (
        ("", "GET", routes.page),
        ("/groups", "GET", routes.groups),
        ("/audit", "GET", routes.audit),
        ("/<id>", "GET", routes.one),
        ("/<id>", "PATCH", routes.patch),
        ("/<id>/replay", "POST", routes.replay),
        ("/replay", "POST", routes.replay),
        ("/<id>/discard", "POST", routes.discard),
        ("/discard", "POST", routes.discard),
    ):
        blueprint.add_url_rule(rule, f"{method} {rule}", view, methods=[method])
    app.register_blueprint(blueprint)


class _Routes:
    def __init__(self, letters: DeadLetters) -> None:
        self._letters = letters

    def page(self) -> Answer:
        found = self._letters.find(query.filter_of(request.args))
        page, following = query.page_of(found, request.args)
        shown = [digest.summary(self._mask()) for digest in page]
        return _answer({"dead_letters": shown, "total": len(found), "next": following})

    def groups(self) -> Answer:
        found = self._letters.groups(query.filter_of(request.args))
        return _answer({"groups": [group.summary(self._mask()) for group in found]})

    def audit(self) -> Answer:
        found = self._letters.audit(query.filter_of(request.args))
        limit = query.limit_of(request.args)
        return _answer({"audit": [described_action(each, self._mask()) for each in found[-limit:]]})

    def one(self, id: str) -> Answer:
        entry = self._letters.get(id)
        history = self._letters.audit(Filter(ids=(entry.letter.id,)))
        return _answer(described(entry, history, self._mask()))

    def patch(self, id: str) -> Answer:
        if request.mimetype not in _PATCHES:
            return problem(415, f"Expected a merge patch as {_PATCHES[0]}.")
        try:
            patch = exact_json.parse(request.get_data())
        except ValueError as error:
            return problem(400, f"The patch is no JSON: {error}")
        edited = self._letters.patch(
            id,
            patch,
            by=request.args.get("by", query.SOMEBODY),
            reason=request.args.get("reason", ""),
            force=query.flag(request.args, "force"),
        )
        return _answer(edited.digest.summary(self._mask()))

    def replay(self, id: str | None = None) -> Answer:
        asked = query.selection(request.get_data(), id)
        chosen = self._letters.replayable(asked.filter(), again=asked.again)[: asked.limit]
        if not asked.dry_run:
            self._letters.send(chosen, by=asked.by, reason=asked.reason, rate=asked.rate)
        return _answer(_done(chosen, asked))

    def discard(self, id: str | None = None) -> Answer:
        asked = query.selection(request.get_data(), id)
        if not asked.reason.strip():
            raise Misuse("Say why they are discarded: reason is missing.")
        chosen = self._letters.discardable(asked.filter())[: asked.limit]
        if not asked.dry_run:
            self._letters.give_up(chosen, by=asked.by, reason=asked.reason)
        return _answer(_done(chosen, asked))

    def _mask(self) -> Mask:
        reveal = query.flag(request.args, "reveal")
        return Mask(reveal=reveal, avro=self._letters.avro.shown)


def _prepare(settings: Settings) -> Answer | None:
    request.max_content_length = settings.max_body_bytes
    if settings.app_api_token or is_loopback(settings.host):
        return None
    return problem(
        403,
        f"This server listens on {settings.host!r}, and the dead letters are not for everybody "
        "there. Set APP_API_TOKEN, or let it listen on 127.0.0.1.",
    )


def _explain(error: Exception) -> Answer:
    match error:
        case NoSuchLetter():
            return problem(404, str(error))
        case Refused():
            return problem(409, str(error))
        case Misuse():
            return problem(400, str(error))
        case CommandError():
            return problem(503, str(error))
        case _:
            return problems.explain(error)


def _done(chosen: Iterable[Digest], asked: Selection) -> dict[str, Any]:
    counts: dict[str, int] = {}
    ids = []
    for digest in chosen:
        counts[digest.function] = counts.get(digest.function, 0) + 1
        ids.append(digest.id)
    functions = [
        {"function": function, "retry_topic": retry_topic(function), "count": count}
        for function, count in sorted(counts.items())
    ]
    return {"dry_run": asked.dry_run, "count": len(ids), "functions": functions, "ids": ids}


def _answer(body: Any) -> Answer:
    return Answer(wire.encode(body), content_type="application/json")
