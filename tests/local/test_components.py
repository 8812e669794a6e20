"""Rendered components: the project's own, with a cluster's addresses in."""

from pathlib import Path

import pytest
import yaml
from psycopg.conninfo import conninfo_to_dict

from local import components
from local.components import groups, render
from local.errors import Failure

POSTGRES = "host=127.0.0.1 port=7 user=me dbname=mine"


def metadata(folder: Path, name: str) -> dict[str, str]:
    document = yaml.safe_load((folder / f"{name}.yaml").read_text())
    return {each["name"]: each["value"] for each in document["spec"]["metadata"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return render(tmp_path / "rendered", kafka="127.0.0.1:9", postgres=POSTGRES)


def test_every_kafka_component_gets_the_broker(folder: Path):
    brokers = [metadata(folder, name)["brokers"] for name in ("events", "tables", "retries")]

    assert brokers == ["127.0.0.1:9"] * 3


def test_the_store_gets_the_connection_string(folder: Path):
    found = conninfo_to_dict(metadata(folder, "statestore")["connectionString"])

    assert found.items() >= conninfo_to_dict(POSTGRES).items()


def test_a_store_elsewhere_answers_in_the_order_of_keys_as_the_usual_one(folder: Path):
    usual, elsewhere = (
        conninfo_to_dict(metadata(each, "statestore")["connectionString"])["options"]
        for each in (components.SOURCE, folder)
    )

    assert "enable_seqscan=off" in usual
    assert elsewhere == usual


def test_all_else_is_as_in_the_source(folder: Path):
    source = metadata(components.SOURCE, "events")

    assert metadata(folder, "events") == source | {"brokers": "127.0.0.1:9"}
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        path.name for path in components.SOURCE.glob("*.yaml")
    )


def test_the_state_can_be_kept_in_a_file(tmp_path: Path):
    folder = render(tmp_path, kafka="k:1", postgres=POSTGRES, sqlite=tmp_path / "state.db")

    document = yaml.safe_load((folder / "statestore.yaml").read_text())
    assert document["metadata"]["name"] == "statestore"
    assert (document["spec"]["type"], document["spec"]["version"]) == ("state.sqlite", "v1")
    assert metadata(folder, "statestore")["connectionString"] == str(tmp_path / "state.db")


def test_only_the_named_components_are_written(tmp_path: Path):
    folder = render(tmp_path, kafka="k:1", postgres=POSTGRES, only={"events", "resiliency"})

    assert sorted(path.name for path in folder.iterdir()) == ["events.yaml", "resiliency.yaml"]


def test_tells_the_consumer_groups_of_an_application(folder: Path):
    assert groups(folder, "inventory") == {
        "events": "inventory",
        "events-2": "inventory",
        "retries": "inventory-retries",
        "tables": "inventory-tables",
    }


def test_a_file_that_is_no_component_is_named(tmp_path: Path):
    (tmp_path / "odd.yaml").write_text("- 1")

    with pytest.raises(Failure, match=r"odd\.yaml' cannot be read"):
        render(tmp_path / "target", kafka="k:1", postgres=POSTGRES, source=tmp_path)
