"""Does a service consume yet? When it, its daprd and Kafka all agree on what it reads."""

from __future__ import annotations

import http.client
import json
import struct
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from local import components
from local.cluster.ports import HOST
from local.errors import Failure

_PATIENCE_SECONDS = 5.0


class Service(Protocol):
    """What has to be known of a service to look."""

    app_id: str

    @property
    def ports(self) -> Mapping[str, int]: ...


class Consuming:
    """One look after the other; what was seen to be there is not asked for again."""

    def __init__(
        self, service: Service, kafka: str, folder: Path, environment: Mapping[str, str]
    ) -> None:
        self._ports = service.ports
        self._groups = components.groups(folder, service.app_id)
        self._admin = AdminClient({"bootstrap.servers": kafka, "log_level": 0})
        self._app_token = environment.get("APP_API_TOKEN", "")
        self._dapr_token = environment.get("DAPR_API_TOKEN", "")
        self._folder = folder
        #: What it subscribes to, by group, and by how many components: each is a member.
        self._wanted: dict[str, set[str]] | None = None
        self._joining: Counter[str] = Counter()

    def missing(self) -> str:
        """Say what it waits for; empty when it consumes all that it subscribes to."""
        if self._wanted is None:
            self._wanted = self._subscribed()
        if self._wanted is None:
            return "the application does not tell its subscriptions"
        if self._get("http", "/v1.0/healthz", self._dapr_token) is None:
            return "daprd is not healthy"
        for group, topics in self._wanted.items():
            members = self._members(group)
            if left := topics - {topic for member in members for topic in member}:
                return f"the group {group!r} has no partitions of {', '.join(sorted(left))}"
            if len(members) < (wanted := self._joining[group]):
                return f"the group {group!r} has {len(members)} of {wanted} members"
        return ""

    def _subscribed(self) -> dict[str, set[str]] | None:
        """The topics by consumer group, as the application tells them to daprd."""
        answer = self._get("app", "/dapr/subscribe", self._app_token)
        if answer is None:
            return None
        subscriptions = json.loads(answer)
        components = {each["pubsubname"] for each in subscriptions}
        if missing := components - self._groups.keys():
            raise Failure(f"There is no component {', '.join(sorted(missing))} in {self._folder}.")
        found: dict[str, set[str]] = {}
        for each in subscriptions:
            found.setdefault(self._groups[each["pubsubname"]], set()).add(each["topic"])
        self._joining = Counter(self._groups[name] for name in components)
        return found

    def _members(self, group: str) -> list[list[str]]:
        """The topics of which each member of a group has partitions; none while it is unsettled.

        daprd joins anew with every subscription that it adds, so a group may settle several times
        with less than all.
        """
        try:
            # Deprecated for `describe_consumer_groups`, which ends the whole process when the
            # connection breaks meanwhile (librdkafka 2.16, issue 4605).
            found = self._admin.list_groups(group, timeout=_PATIENCE_SECONDS)
        except KafkaException:
            return []
        stable = [each for each in found if each.id == group and each.state == "Stable"]
        return [topics_of(one.assignment) for each in stable for one in each.members]

    def _get(self, port: str, path: str, token: str) -> bytes | None:
        """The body of a good answer; None otherwise."""
        connection = http.client.HTTPConnection(HOST, self._ports[port], timeout=_PATIENCE_SECONDS)
        try:
            connection.request("GET", path, headers={"dapr-api-token": token} if token else {})
            answer = connection.getresponse()
            body = answer.read()
            return body if answer.status in (200, 204) else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


def topics_of(assignment: bytes | None) -> list[str]:
    """Read the topics of which a member was given partitions.

    The bytes are a ConsumerProtocolAssignment of Kafka's: a version, then an array of topics, each
    a name and an array of partitions. A member that was given nothing may have no bytes at all.
    """
    if not assignment:
        return []
    topics, at = [], 6
    for _ in range(struct.unpack_from(">i", assignment, 2)[0]):
        (length,) = struct.unpack_from(">h", assignment, at)
        topics.append(assignment[at + 2 : at + 2 + length].decode())
        at += 2 + length
        (partitions,) = struct.unpack_from(">i", assignment, at)
        at += 4 + 4 * partitions
    return topics
