"""One service at work: its functions, wired to the platform. Engines and hosts drive it."""

from __future__ import annotations

import socket
import threading

from runtime.arguments import Resources
from runtime.avro.topics import open_topics
from runtime.clock import Clock
from runtime.delivery import Consumer
from runtime.errors import PlatformDown, SluiceError
from runtime.log import logger
from runtime.outages import say
from runtime.outbox import Outbox
from runtime.probe import probe
from runtime.recalls import Recalls
from runtime.registry import Service
from runtime.requests import Caller
from runtime.reruns import Reruns
from runtime.schedules import Schedule
from runtime.settings import Settings
from runtime.sidecars.base import Sidecar
from runtime.spec import Every, Http, Topic
from runtime.topics import Topics
from runtime.waiting import Waiters

log = logger("service")


class Running:
    """A service with a sidecar: consumers by function, callers by route, schedules.

    It starts no thread: `tick` is to be called every second or so, by a cron binding or a thread.
    """

    def __init__(
        self,
        service: Service,
        sidecar: Sidecar,
        settings: Settings,
        *,
        clock: Clock | None = None,
        resources: Resources | None = None,
        topics: Topics | None = None,
    ) -> None:
        clock, resources = clock or Clock(), resources or Resources()
        self.name = service.name
        self.service = service
        self.sidecar = sidecar
        self.waiters = Waiters(settings.max_waiting_requests)
        lane = f"{socket.gethostname()}-{settings.port}"
        self.outbox = Outbox(sidecar, clock, lane, committed=self.waiters.notify)
        reruns = Reruns()
        self._avro = open_topics(service.functions.values(), settings, sidecar.outages)
        self.consumers = [
            Consumer(
                spec,
                sidecar,
                clock=clock,
                resources=resources,
                settings=settings,
                committed=self.waiters.notify,
                topics=topics,
                reruns=reruns,
                avro=self._avro,
            )
            for spec in service.of_kind(Topic)
        ]
        self.callers = [
            Caller(
                spec,
                sidecar,
                self.outbox,
                clock=clock,
                resources=resources,
                reruns=reruns,
                retention_seconds=settings.retention_seconds,
                avro=self._avro,
            )
            for spec in service.of_kind(Http)
        ]
        self.schedules = [
            Schedule(spec, sidecar, self.outbox, clock=clock, resources=resources, avro=self._avro)
            for spec in service.of_kind(Every)
        ]
        self._recalls = Recalls(self.consumers, sidecar, self.outbox, clock)
        self._resources = resources
        self._started = False
        self._starting = threading.Lock()

    def start(self) -> None:
        """Open what the functions need and check the state store; once, then it is free.

        Raises StoreRefused when the store cannot be trusted, SchemaRefused when readers of an Avro
        topic could not read what is published to it, PlatformDown when one of them does not answer,
        and SluiceError when a function's setting is wrong: found at the first event instead, it
        would make every event a dead letter.
        """
        with self._starting:
            if not self._started:
                self._open_resources()
                probe(self.sidecar)
                self._avro.register()
                self._started = True

    def _open_resources(self) -> None:
        for spec in self.service.functions.values():
            for parameter in spec.parameters:
                if parameter.source == "resource":
                    try:
                        self._resources.get(parameter.type)
                    except (ValueError, OSError) as error:
                        name = parameter.type.__name__
                        raise SluiceError(f"{spec.id} cannot get its {name}: {error}") from error

    def on_topic(self, topic: str) -> list[Consumer]:
        """The consumers of a topic; of a retry topic, the one it belongs to."""
        return [
            consumer
            for consumer in self.consumers
            if topic in (str(consumer.spec.trigger), consumer.spec.retry_topic)
        ]

    def tick(self) -> None:
        """Run what is due. An outage is logged: the next tick tries again."""
        try:
            for schedule in self.schedules:
                schedule.tick()
            if self.consumers:
                self._recalls.tick()
            self.outbox.tick()
            for consumer in self.consumers:
                consumer.write_progress()
        except PlatformDown as error:
            say(log, "service.platform_down", error, service=self.name)

    def settle(self) -> None:
        """Write what waits to be written, before an end. An outage is logged: nothing is lost."""
        try:
            for consumer in self.consumers:
                consumer.write_progress(0)
        except PlatformDown as error:
            say(log, "service.platform_down", error, service=self.name)

    def close(self) -> None:
        """Let go of resources and the sidecar."""
        self._resources.close()
        self._avro.close()
        self.sidecar.close()
