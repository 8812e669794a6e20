"""The Dapr components as one cluster needs them: those of `components/` with its addresses in.

folder = render(Path("somewhere"), kafka=cluster.kafka, postgres=cluster.postgres)
groups(folder, "inventory")     # {'events': 'inventory', 'retries': 'inventory-retries', ...}
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

from local.errors import Failure
from local.private import write_private

#: The components of the project, written for a cluster on the usual ports.
SOURCE = Path(__file__).resolve().parents[1] / "components"

Document = dict[str, Any]


def render(
    target: Path,
    *,
    kafka: str,
    postgres: str,
    sqlite: Path | None = None,
    only: Collection[str] | None = None,
    source: Path = SOURCE,
) -> Path:
    """Write the components into the folder `target`, which is made, and return it.

    `kafka` is host:port, `postgres` a libpq connection string. With `sqlite` the state is kept in
    that file instead of PostgreSQL: one service, one file. `only` names the components to write;
    `resiliency` counts as one. Raises Failure for a file that is no component.
    """
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.yaml")):
        document = _read(path)
        if only is not None and document["metadata"]["name"] not in only:
            continue
        for name, value in _addresses(document, kafka, postgres).items():
            _set(document, name, value)
        if sqlite is not None and _type(document).startswith("state."):
            document["spec"] |= _sqlite(sqlite)
        write_private(target / path.name, yaml.safe_dump(document, sort_keys=False))
    return target


def groups(folder: Path, app_id: str) -> dict[str, str]:
    """Return the consumer group that an application joins through each Kafka component."""
    found = {}
    for document in map(_read, sorted(folder.glob("*.yaml"))):
        if _type(document) == "pubsub.kafka":
            group = _metadata(document).get("consumerGroup", "{appID}")
            found[document["metadata"]["name"]] = group.replace("{appID}", app_id)
    return found


def _addresses(document: Document, kafka: str, postgres: str) -> Mapping[str, str]:
    kind = _type(document)
    if kind.endswith(".kafka"):
        return {"brokers": kafka}
    if kind == "state.postgresql":
        return {
            "connectionString": _moved(_metadata(document).get("connectionString", ""), postgres)
        }
    return {}


def _moved(written: str, postgres: str) -> str:
    """The connection string of another server, with the options that are written for the usual."""
    # Slow to import, and most commands need none.
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    return make_conninfo(postgres, options=conninfo_to_dict(written).get("options"))


def _sqlite(file: Path) -> Document:
    """The other store that keeps the promises of a unit of work; see docs/why.md."""
    settings = {"connectionString": str(file), "keyPrefix": "appid", "cleanupInterval": "10m"}
    metadata = [{"name": name, "value": value} for name, value in settings.items()]
    return {"type": "state.sqlite", "version": "v1", "metadata": metadata}


def _set(document: Document, name: str, value: str) -> None:
    entries = document["spec"]["metadata"]
    for entry in entries:
        if entry["name"] == name:
            entry["value"] = value
            return
    entries.append({"name": name, "value": value})


def _metadata(document: Document) -> dict[str, str]:
    return {entry["name"]: str(entry.get("value", "")) for entry in document["spec"]["metadata"]}


def _type(document: Document) -> str:
    """`pubsub.kafka` and the like; empty for a document of another kind, such as Resiliency."""
    return str(document["spec"].get("type", ""))


def _read(path: Path) -> Document:
    try:
        document: Document = yaml.safe_load(path.read_text())
        named = document["metadata"]["name"] and document["spec"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise Failure(f"Component {str(path)!r} cannot be read: {error!r}.") from error
    if not named:
        raise Failure(f"Component {str(path)!r} has an empty name or spec; expected both.")
    return document
