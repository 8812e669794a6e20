"""The dashboard can be loaded: it is what OpenSearch Dashboards exports, and names our fields."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import functions.search
from functions.search.server_index import FIELDS

FILE = Path(functions.search.__file__).with_name("dashboard.ndjson")


def saved() -> list[dict[str, Any]]:
    """Every saved object, one a line."""
    return [json.loads(line) for line in FILE.read_text().splitlines()]


def aggregations() -> list[dict[str, Any]]:
    """Every aggregation of every chart."""
    states = [each["attributes"]["visState"] for each in saved() if each["type"] == "visualization"]
    return [aggregation for state in states for aggregation in json.loads(state)["aggs"]]


def known_fields() -> set[str]:
    nested = {f"{name}.{sub}" for name, field in FIELDS.items() for sub in field.get("fields", ())}
    return {*FIELDS, *nested}


def test_every_object_has_what_an_import_asks_for() -> None:
    for each in saved():
        assert {"id", "type", "attributes", "references"} <= set(each)
        assert each["attributes"]["title"]
        for name in ("visState", "panelsJSON", "optionsJSON", "uiStateJSON"):
            json.loads(each["attributes"].get(name, "{}"))
        source = each["attributes"].get("kibanaSavedObjectMeta", {"searchSourceJSON": "{}"})
        json.loads(source["searchSourceJSON"])


def test_what_refers_to_another_object_finds_it() -> None:
    there = {(each["type"], each["id"]) for each in saved()}

    assert {(r["type"], r["id"]) for each in saved() for r in each["references"]} <= there


def test_the_dashboard_shows_every_chart() -> None:
    [dashboard] = [each for each in saved() if each["type"] == "dashboard"]
    panels = json.loads(dashboard["attributes"]["panelsJSON"])

    shown = {reference["id"] for reference in dashboard["references"]}
    assert shown == {e["id"] for e in saved() if e["type"] in ("visualization", "search")}
    assert {p["panelRefName"] for p in panels} == {r["name"] for r in dashboard["references"]}


def test_the_pattern_is_the_index_that_functions_fill() -> None:
    [pattern] = [each for each in saved() if each["type"] == "index-pattern"]

    assert pattern["attributes"]["title"] == "sluice-orders"


def test_every_field_that_is_shown_is_in_the_mapping() -> None:
    charted = {a["params"]["field"] for a in aggregations() if "field" in a["params"]}
    [table] = [each["attributes"]["columns"] for each in saved() if each["type"] == "search"]

    assert charted >= {"state", "product", "customerId", "amount.number"}
    assert charted | set(table) <= known_fields()
