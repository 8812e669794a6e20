"""The registry that is a file."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from runtime.avro.file import FileRegistry
from runtime.errors import DecodeError, PlatformDown, SchemaRefused
from tests.runtime.avro.making import fields

SALE = fields("Sale", product="string")


def text(schema: Any) -> str:
    return json.dumps(schema)


def with_fields(*more: dict[str, Any]) -> str:
    return text({**SALE, "fields": [*SALE["fields"], *more]})


def test_a_number_is_the_same_for_another_process_and_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "data" / "schemas.db"
    id = FileRegistry(path).register("sales-value", text(SALE))

    another = FileRegistry(path)

    assert another.register("sales-value", text(SALE)) == id
    assert another.register("returns-value", text(SALE)) == id
    assert another.schema(id) == [text(SALE)]
    assert another.newest("sales-value") == id
    assert another.newest("nothing-value") is None


def test_an_unknown_number_is_told(tmp_path: Path) -> None:
    with pytest.raises(DecodeError, match="The schema 5 is not in the registry"):
        FileRegistry(tmp_path / "schemas.db").schema(5)


def test_a_version_that_reads_what_was_written_before_is_taken(tmp_path: Path) -> None:
    registry = FileRegistry(tmp_path / "schemas.db")
    first = registry.register("sales-value", text(SALE))
    wider = with_fields(
        {"name": "price", "type": {"type": "string", "logicalType": "exact-decimal"}, "default": ""}
    )

    second = registry.register("sales-value", wider)

    assert first != second == registry.newest("sales-value")
    assert registry.schema(first) == [text(SALE)]


def test_one_that_cannot_is_refused_and_nothing_is_kept_of_it(tmp_path: Path) -> None:
    registry = FileRegistry(tmp_path / "schemas.db")
    first = registry.register("sales-value", text(SALE))

    with pytest.raises(SchemaRefused, match=r"'sales-value' cannot read .* price"):
        registry.register("sales-value", with_fields({"name": "price", "type": "int"}))

    assert registry.newest("sales-value") == first
    with pytest.raises(DecodeError):
        registry.schema(first + 1)


def test_processes_that_register_at_once_get_one_number_each(tmp_path: Path) -> None:
    registries = [FileRegistry(tmp_path / "schemas.db") for _ in range(4)]
    found: list[tuple[int, str]] = []

    def register(registry: FileRegistry) -> None:
        for number in range(10):
            schema = text(fields(f"Sale{number}", product="string"))
            found.append((registry.register(f"topic-{number}-value", schema), schema))

    threads = [threading.Thread(target=register, args=[each]) for each in registries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 40
    assert len(set(found)) == len({id for id, _ in found}) == 10


def test_a_file_that_is_none_is_an_outage(tmp_path: Path) -> None:
    (tmp_path / "schemas.db").write_text("no database" * 100)

    with pytest.raises(PlatformDown, match="cannot be used"):
        FileRegistry(tmp_path / "schemas.db").schema(1)
