"""Does a service consume yet? When it, its daprd and Kafka all agree on what it reads."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from confluent_kafka import ConsumerGroupState, KafkaException
from confluent_kafka.admin import AdminClient

from local import components
from local.cluster.ports import HOST

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
        self._wanted: dict[str, set[str]] | None = None

    def missing(self) -> str:
        """Say what it waits for; empty when it consumes all that it subscribes to."""
        if self._wanted is None:
            self._wanted = self._subscribed()
        if self._wanted is None:
            return "the application does not tell its subscriptions"
        if self._get("http", "/v1.0/healthz", self._dapr_token) is None:
            return "daprd is not healthy"
        for group, topics in self._wanted.items():
            if left := topics - self._assigned(group):
                return f"the group {group!r} has no partitions of {', '.join(sorted(left))}"
        return ""

    def _subscribed(self) -> dict[str, set[str]] | None:
        """The topics by consumer group, as the application tells them to daprd."""
        answer = self._get("app", "/dapr/subscribe", self._app_token)
        if answer is None:
            return None
        found: dict[str, set[str]] = {}
        for each in json.loads(answer):
            found.setdefault(self._groups[each["pubsubname"]], set()).add(each["topic"])
        return found

    def _assigned(self, group: str) -> set[str]:
        """The topics of which the members of a group have partitions; none while it is unsettled.

        daprd joins anew with every subscription that it adds, so a group may settle several times
        with less than all.
        """
        try:
            found: Any = self._admin.describe_consumer_groups([group])[group].result()
        except KafkaException:
            return set()
        if found.state is not ConsumerGroupState.STABLE:
            return set()
        return {
            place.topic for member in found.members for place in member.assignment.topic_partitions
        }

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
