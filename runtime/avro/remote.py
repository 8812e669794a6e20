"""A schema registry that is a server: Confluent's, or one that speaks as it does.

The client is Confluent's own. Its retries are turned off: it would sleep between them, on a thread
that holds a partition, while the runtime's own way through an outage waits without one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from runtime.errors import DecodeError, PlatformDown, PlatformSilent, SchemaRefused, SluiceError
from runtime.secrets import hide

T = TypeVar("T")

#: What the registry answers to a number or a subject that it does not know.
_UNKNOWN_SCHEMA, _UNKNOWN_SUBJECT = 40403, 40401
#: Refused for what it is: not compatible, or no valid schema.
_REFUSED = (409, 422)
#: Schemas that refer to schemas that refer to ...
_MOST_DEEP = 16


class RemoteRegistry:
    """A registry over HTTP.

    A user and a secret for it stand in `credentials`, as `user:secret`, or in the address: not in
    both. Raises SluiceError, without them, for what is neither.
    """

    def __init__(self, address: str, timeout_seconds: float, credentials: str = "") -> None:
        parts, port = _parts(address)
        if credentials and (":" not in credentials or parts.username is not None):
            raise SluiceError(
                "SLUICE_SCHEMA_REGISTRY_CREDENTIALS cannot be used; expected user:secret, and "
                "nothing of them in the address of the registry."
            )
        # The address may hold a password, and this is logged.
        self.name = f"the schema registry at {parts.hostname}{port}"
        conf = {"url": address, "timeout": timeout_seconds, "max.retries": 0}
        if credentials:
            conf["basic.auth.user.info"] = credentials
        self._client = SchemaRegistryClient(conf)

    def schema(self, id: int) -> Sequence[str]:
        """Return the schema of this number, after those it refers to."""
        try:
            return self._texts(self._ask(lambda: self._client.get_schema(id)), _MOST_DEEP)
        except SchemaRegistryError as error:
            raise DecodeError(f"The schema {id} is not in the registry: {_words(error)}.") from None

    def register(self, subject: str, schema: str) -> int:
        """Register a schema. Raises SchemaRefused."""
        wanted = Schema(schema, "AVRO")
        try:
            return int(self._ask(lambda: self._client.register_schema(subject, wanted)))
        except SchemaRegistryError as error:
            raise SchemaRefused(
                f"The registry refuses the schema of {subject!r}: {_words(error)}."
            ) from None

    def newest(self, subject: str) -> int | None:
        """Return the number of the subject's newest schema; None without any."""
        try:
            found = self._ask(lambda: self._client.get_latest_version(subject))
        except SchemaRegistryError:
            return None
        return found.schema_id

    def close(self) -> None:
        """Close the connections."""
        client: Any = self._client  # it has no other way
        client.__exit__(None, None, None)

    def _texts(self, found: Schema, deep: int) -> list[str]:
        if found.schema_type not in (None, "AVRO"):
            raise DecodeError(f"The schema is {found.schema_type}; expected AVRO.")
        if not deep:
            raise DecodeError("The schema refers to others without end.")
        texts: list[str] = []
        for each in found.references or ():
            asked = partial(self._client.get_version, each.subject or "", each.version or "latest")
            texts += self._texts(self._ask(asked).schema, deep - 1)
        return [*dict.fromkeys(texts), found.schema_str or "null"]

    def _ask(self, call: Callable[[], T]) -> T:
        """Call the client. SchemaRegistryError goes through when it is about what was asked.

        Whatever else comes of it is an outage: an address that is wrong, a password that has
        expired, and a proxy's page are mended by those who operate the registry, and no event is
        to be given up for them.
        """
        try:
            return call()
        except SluiceError:
            raise
        except SchemaRegistryError as error:
            if error.error_code in (_UNKNOWN_SCHEMA, _UNKNOWN_SUBJECT) or (
                error.http_status_code in _REFUSED
            ):
                raise
            raise PlatformDown(f"It answered: {_words(error)}.", awaited=self.name) from error
        except Exception as error:
            reason = str(error) or type(error).__name__
            raise PlatformSilent(f"No answer: {reason}.", awaited=self.name) from error


def _parts(address: str) -> tuple[SplitResult, str]:
    """Take the address apart, and its port as it is written. Raises SluiceError."""
    try:
        parts = urlsplit(address)
        if parts.hostname:
            return parts, f":{parts.port}" if parts.port else ""
    except ValueError:
        pass
    raise SluiceError(
        f"The address of the schema registry is {hide(address)!r}; "
        "expected one such as http://127.0.0.1:8081."
    )


def _words(error: SchemaRegistryError) -> str:
    return f"{error.error_message} ({error.http_status_code}, {error.error_code})".replace(
        "\n", " "
    )
