"""The platform behind a real daprd: its state and publish APIs over gRPC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from dapr.proto import api_v1, common_v1

from runtime import broker
from runtime.errors import Conflict, PlatformDown, PlatformSilent, PlatformSlow, ReadUnproven
from runtime.options import BEHIND_ALL
from runtime.outages import Outages
from runtime.record import Message
from runtime.settings import Settings
from runtime.sidecars.base import ANY, Stored, Write, refuse_contradictions
from runtime.sidecars.connection import Connection

#: How soon a store that works reads one row, however slowly it writes many.
_READS_SECONDS = 2.0
#: What is read only to see whether anything is.
_NO_ROW = "nobody/looks"
#: A row that is always there, read with all others, and behind them in the order of keys. daprd
#: (1.16.5, PostgreSQL) tells nobody when its connection breaks off within a read: what had not come
#: by then counts as absent. Who comes last proves that all have come, if the store answers in the
#: order of keys; components/statestore.yaml sees to that, and the probe asks.
WITNESS = f"{BEHIND_ALL}/witness"
#: How the topics end that a function has for itself: see `FunctionSpec`.
OWN_TOPICS = (".retry", ".dead-letters")
#: daprd lets go of a partition while its last batch is worked on: whoever had it goes on, and
#: publishes what he has written within this time, if he lives.
FINISHING_MS = 5_000
#: Keys in one bulk read; daprd reads them in parallel.
_PARALLELISM = 10

_FIRST_WRITE = common_v1.StateOptions(
    concurrency=common_v1.StateOptions.StateConcurrency.CONCURRENCY_FIRST_WRITE
)


class DaprSidecar:
    """One service's daprd. Rows are namespaced by daprd itself, with the app id."""

    publishes_in_transaction = False

    def __init__(self, settings: Settings) -> None:
        self._store = settings.statestore
        self._pubsub = settings.pubsub
        self._retries_pubsub = settings.retries_pubsub
        self._kafka = settings.kafka
        self.outages = Outages()
        self._connection = Connection(
            settings.dapr_grpc_port,
            deadline_seconds=settings.platform_seconds,
            token=settings.dapr_api_token,
        )
        self._daprd = self._connection.daprd
        self._reading = f"reading from {settings.statestore!r}"
        self._writing = f"writing to {settings.statestore!r}"
        self._publishing = f"publishing by {settings.pubsub!r}"
        self._broker = f"Kafka at {settings.kafka}"
        self._has_witness = False
        self._watch = broker.Watch(settings.kafka)

    def get(self, keys: Sequence[str]) -> dict[str, Stored]:
        """Read many rows at once; absent ones are left out. Raises PlatformDown."""
        if not keys:
            return {}
        with self.outages.trying(self._daprd, self._reading):
            return self._read(keys)

    def _read(self, keys: Sequence[str]) -> dict[str, Stored]:
        if not self._has_witness:
            self._put_witness()
        request = api_v1.GetBulkStateRequest(
            store_name=self._store, keys=[*keys, WITNESS], parallelism=_PARALLELISM
        )
        answer = self._connection.call("GetBulkState", request)
        failed = [item for item in answer.items if item.error]
        if failed:
            raise PlatformDown(f"Row {failed[0].key!r} cannot be read: {failed[0].error}.")
        found = {item.key: Stored(item.data, item.etag) for item in answer.items if item.etag}
        self._refuse_unproven(list(found))
        del found[WITNESS]
        return found

    def _refuse_unproven(self, found: Sequence[str]) -> None:
        """Raise PlatformDown where rows may be missing; `found` are keys in the order they came."""
        if WITNESS not in found:
            self._has_witness = False  # should somebody have emptied the store
            raise PlatformDown(f"A read broke off: it lacks the row {WITNESS!r}, which is there.")
        if found[-1] != WITNESS:
            raise ReadUnproven(
                f"A read may have broken off: row {found[-1]!r} came after {WITNESS!r}, so the "
                "store does not answer in the order of keys."
            )

    def _put_witness(self) -> None:
        request = api_v1.ExecuteStateTransactionRequest(
            storeName=self._store, operations=[_operation(Write(WITNESS, b"1", ANY))]
        )
        self._connection.call("ExecuteStateTransaction", request)
        self._has_witness = True

    def transact(self, writes: Sequence[Write], messages: Sequence[Message] = ()) -> None:
        """Make all changes or none. Raises Conflict, and PlatformDown.

        daprd answers a refused transaction with an internal error that does not say why
        (1.16.5), so the rows are read again: when all etags still match, it was no conflict.
        An answer that never came says nothing: the rows may have been changed by ourselves.
        """
        if messages:
            raise ValueError("daprd publishes in no transaction; publish after it.")
        refuse_contradictions(writes)
        if not writes:
            return
        request = api_v1.ExecuteStateTransactionRequest(
            storeName=self._store, operations=[_operation(write) for write in writes]
        )
        with self.outages.trying(self._daprd, self._writing):
            try:
                self._connection.call("ExecuteStateTransaction", request)
            except PlatformSilent as silent:
                if silent.awaited is None and self._reads():
                    raise PlatformSlow(str(silent)) from silent
                raise
            except PlatformDown as down:
                stale = self._stale(writes)
                if stale is None:
                    raise
                raise Conflict(f"Row {stale!r} was changed by somebody else.") from down

    def publish(self, messages: Sequence[Message]) -> None:
        """Append the messages, those of one topic in order; returns after the broker has them.

        Raises PlatformDown when one of them failed; others may have been appended.
        """
        by_topic = sorted(messages, key=lambda message: message.topic)  # a stable sort
        for topic, group in groupby(by_topic, key=lambda message: message.topic):
            request = api_v1.BulkPublishRequest(
                pubsub_name=self._component(topic), topic=topic, metadata={"rawPayload": "true"}
            )
            for number, message in enumerate(group):
                _add(request, number, message)
            with self.outages.trying(self._daprd, self._publishing):
                answer = self._connection.call("BulkPublishEventAlpha1", request)
                if answer.failedEntries:
                    first = answer.failedEntries[0]
                    raise PlatformDown(
                        f"{len(answer.failedEntries)} of {len(request.entries)} records for the "
                        f"topic {topic!r} were not taken: {first.error}."
                    )

    def _component(self, topic: str) -> str:
        """The component for a topic: what failed has one that takes larger records.

        A dead letter is its record and the reasons besides; where the record is as large as its
        topic takes, the same limit would refuse the letter on every attempt, as if in an outage.
        """
        return self._retries_pubsub if topic.endswith(OWN_TOPICS) else self._pubsub

    def publish_again(
        self, messages: Sequence[Message], since_ms: int, *, by_another: bool = False
    ) -> None:
        """Publish what is not on its topic yet; everything, when the broker cannot be asked.

        daprd's producer is neither idempotent nor transactional, so this is how a restart doubles
        nothing. Readers would know a doubled event by its id, but people who look at the topic, and
        systems that are not ours, would not. Raises PlatformDown.
        """
        if self._kafka:
            until_ms = since_ms + FINISHING_MS if by_another else 0
            with self.outages.trying(self._broker):
                messages = broker.missing(self._kafka, messages, since_ms, until_ms=until_ms)
            if not messages:  # they had arrived, and it was the answer that did not come
                self.outages.over(self._publishing)
        self.publish(messages)

    def ends(self, topic: str) -> Mapping[int, tuple[int, int]]:
        """Ask the broker where a topic ends: see `runtime.broker.ends`. Raises PlatformDown."""
        with self.outages.trying(self._broker):
            return broker.ends(self._kafka, topic)

    def look(self) -> None:
        """Find out whether everything answers, for what nobody asks for now.

        Raises PlatformDown.
        """
        self.get([_NO_ROW])
        if self._kafka:
            with self.outages.trying(self._broker):
                self._watch.look()

    def tidy(self) -> None:
        """Let daprd end when it wants to. To be called every second or so."""
        self._connection.tidy()

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()
        self._watch.close()

    def _reads(self) -> bool:
        """Does the store answer what is small?"""
        request = api_v1.GetBulkStateRequest(store_name=self._store, keys=[_NO_ROW])
        return self._connection.answers("GetBulkState", request, _READS_SECONDS)

    def _stale(self, writes: Sequence[Write]) -> str | None:
        """Return the key of a row that is not as a write expects it."""
        found = self._read([write.key for write in writes if write.etag != ANY])
        for write in writes:
            etag = found[write.key].etag if write.key in found else None
            if write.etag not in (ANY, etag):
                return write.key
        return None


def _operation(write: Write) -> Any:
    item = common_v1.StateItem(key=write.key, value=write.value or b"")
    if write.etag is None:
        item.options.CopyFrom(_FIRST_WRITE)
    elif write.etag != ANY:
        item.etag.value = write.etag
        item.options.CopyFrom(_FIRST_WRITE)
    if write.ttl_seconds is not None:
        item.metadata["ttlInSeconds"] = str(write.ttl_seconds)
    return api_v1.TransactionalStateOperation(
        operationType="delete" if write.value is None else "upsert", request=item
    )


def _add(request: Any, number: int, message: Message) -> None:
    """Add one record, as it is: daprd makes no envelope around raw payloads.

    Metadata become record headers; the component's excludeHeaderMetaRegex keeps the key out. Made
    in its place and not for itself, it costs a third.
    """
    entry = request.entries.add(
        entry_id=str(number),
        event=message.value,
        content_type=message.headers.get("content-type", "application/octet-stream"),
    )
    metadata = entry.metadata
    for name, value in message.headers.items():
        metadata[name] = value
    metadata["rawPayload"] = "true"
    if message.key is not None:
        metadata["partitionKey"] = message.key
