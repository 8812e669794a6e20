"""One request: the unit of work of an HTTP function."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from runtime import metrics, wire
from runtime.answers import Answer
from runtime.arguments import Arguments, Resources
from runtime.avro.topics import NO_AVRO, AvroTopics
from runtime.clock import Clock
from runtime.errors import DecodeError, Retry
from runtime.headers import Headers
from runtime.outbox import Job, Outbox
from runtime.outputs import derived_id, messages_of
from runtime.reruns import Reruns
from runtime.rows import Rows
from runtime.settings import Settings
from runtime.sidecars.base import Sidecar, Write
from runtime.spec import FunctionSpec, Parameter, Response
from runtime.uncommitted import Uncommitted, committed

#: What is said, at once or when it is kept.
Begun = Response | Uncommitted[Response]

#: The sources of parameters that differ request by request.
_SENT = ("path", "query", "body", "headers")


@dataclass(frozen=True)
class Request:
    """What came in, without any web framework."""

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class NotYet(Retry):
    """A row that the function waits for has not come.

    `keys` are the rows it read, with the etags that they had then, None for absent.
    """

    def __init__(self, reason: str, keys: Mapping[str, str | None]) -> None:
        super().__init__(reason)
        self.keys = keys


class Caller:
    """Calls one HTTP function. Safe to call from many threads at once."""

    def __init__(
        self,
        spec: FunctionSpec,
        sidecar: Sidecar,
        outbox: Outbox,
        *,
        clock: Clock,
        resources: Resources,
        reruns: Reruns,
        retention_seconds: int = Settings.retention_seconds,
        avro: AvroTopics = NO_AVRO,
    ) -> None:
        self.spec = spec
        self._avro = avro
        self._sidecar = sidecar
        self._outbox = outbox
        self._clock = clock
        self._arguments = Arguments(spec, clock, resources)
        self._reruns = reruns
        self._retention_seconds = retention_seconds
        # Headers say who asks: nobody else's answer is for them.
        self._keeps = not any(p.source == "headers" for p in spec.parameters)
        self._given = [p for p in spec.parameters if p.source in _SENT]

    def call(self, request: Request) -> Response:
        """Run the function; returns after everything it published was acknowledged.

        Raises Reject (with its status), DecodeError (400), NotYet, PlatformDown (503), and
        whatever the function itself raises.
        """
        return committed(self.begin(request))

    def begin(self, request: Request) -> Begun:
        """Run the function, and leave its rows and events to be committed with those of others.

        Raises as `call`; so does `commit` of what is uncommitted, which may run the function again.
        """
        time = self._time(request)
        named = _identity(request)
        identity = named or uuid.uuid4().hex
        mark = f"answered/{self.spec.name}/{derived_id(named)}" if named and self._keeps else None
        return self._reruns.begin(
            self.spec.id, lambda: self._attempt(request, identity, mark, time)
        )

    def _attempt(self, request: Request, identity: str, mark: str | None, time: datetime) -> Begun:
        # Read anew each time: the function may have changed what it was given.
        given = {p.name: self._value(p, request) for p in self._given}
        rows = Rows(self._sidecar.get, clock=self._clock)
        known: Answer | None = rows.get(mark, Answer) if mark else None
        if known is not None:
            self._outbox.flush()  # its event may not be out yet
            return known.again()
        return self._run(rows, given, identity, mark, time)

    def _run(
        self,
        rows: Rows,
        given: Mapping[str, Any],
        identity: str,
        mark: str | None,
        time: datetime,
    ) -> Begun:
        # Many requests at once would all write the same page of a listed table; the topic
        # function that fills the table lists the key.
        try:
            returned = self.spec.call(**self._arguments.over(rows, lists=False)(given))
        except Retry as error:
            raise NotYet(str(error), _etags(rows)) from error
        response = _response(returned)
        messages = messages_of(
            self.spec,
            response.publish or None,
            identity=identity,
            time=time,
            key=None,
            avro=self._avro,
        )
        writes = rows.writes()
        if writes or messages:
            answered = Answer.of(response)  # what cannot be answered must not be done
            if mark and messages:  # of others no answer is kept: it may be a token
                kept = wire.encode(answered)
                writes.append(Write(mark, kept, None, self._retention_seconds))
            job = self._outbox.put(writes, messages)
            return Uncommitted(lambda: self._finish(job, response))
        if self.spec.publishes:
            # A repeated request finds the row of the first one, whose event may not be out yet.
            self._outbox.flush()
        return response

    def _finish(self, job: Job, response: Response) -> Response:
        self._outbox.finish(job)
        metrics.count_published(self.spec.id, job.messages)
        return response

    def _value(self, parameter: Parameter, request: Request) -> Any:
        if parameter.source == "body":
            return _body(request.body, parameter.type)
        if parameter.source == "headers":
            return Headers(request.headers)
        name = parameter.name if parameter.source == "path" else camel(parameter.name)
        values = request.path if parameter.source == "path" else request.query
        if name not in values:
            if parameter.required:
                raise DecodeError(f"The query parameter {name!r} is missing.", field=name)
            return parameter.default
        try:
            return wire.convert(values[name], parameter.type)
        except DecodeError as error:
            raise DecodeError(f"{name} is {values[name]!r}. {error}", field=name) from None

    def _time(self, request: Request) -> datetime:
        """The time of the event, for a request that is a CloudEvent in binary mode."""
        given = request.headers.get("ce-time")
        if given is None:
            return self._clock.now()
        return wire.time_of(given, "ce-time")


def _identity(request: Request) -> str | None:
    """What makes two requests the same one: a client that sends CloudEvents gives their id.

    Place and body belong to it. A client that gives one id to everything would else be answered
    201 for events that all readers then take for the first one.
    """
    id = request.headers.get("ce-id")
    if not id:
        return None
    place = repr(sorted(request.path.items())).encode(errors="backslashreplace")
    sent = hashlib.blake2b(place + request.body, digest_size=16).hexdigest()
    return f"{request.headers.get('ce-source', '')}\n{id}\n{sent}"


def _etags(rows: Rows) -> dict[str, str | None]:
    stored = ((key, rows.stored(key)) for key in rows.read_keys)
    return {key: row.etag if row else None for key, row in stored}


def camel(name: str) -> str:
    """The name on the wire: customer_id -> customerId."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _body(body: bytes, wanted: Any) -> Any:
    if not body:
        raise DecodeError("The body is empty; expected JSON.")
    wire.refuse_duplicate_keys(body)
    return wire.decode(body, wanted)


def _response(returned: Any) -> Response:
    if isinstance(returned, Response):
        return returned
    return Response(204) if returned is None else Response(200, returned)
