"""dapr.yaml, docker-compose.yml and components/ describe one system, the one the code is."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from local import daprd
from local.topics import TOPICS_FILE
from runtime.registry import load
from runtime.settings import Settings
from runtime.spec import Topic

ROOT = Path(__file__).resolve().parents[1]


def parsed(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


@pytest.fixture(scope="module")
def apps() -> dict[str, dict[str, Any]]:
    return {app["appID"]: app for app in parsed("dapr.yaml")["apps"]}


@pytest.fixture(scope="module")
def containers() -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = parsed("docker-compose.yml")["services"]
    return services


def test_every_service_with_functions_is_started_by_dapr_run(apps: dict[str, Any]) -> None:
    assert set(apps) == set(load("functions").services)


def test_docker_starts_the_same_services_each_with_a_sidecar(
    apps: dict[str, Any], containers: dict[str, Any]
) -> None:
    platform = {"kafka", "postgres", "moto", "opensearch", "topics"}

    assert set(containers) - platform == {*apps, *(f"{name}-daprd" for name in apps)}


def test_docker_uses_the_ports_of_dapr_run(
    apps: dict[str, Any], containers: dict[str, Any]
) -> None:
    published = containers["kafka"]["ports"]

    for name, app in apps.items():
        port = app["appPort"]
        assert containers[name]["environment"]["SLUICE_PORT"] == str(port)
        assert app["env"]["SLUICE_PORT"] == str(port)
        assert f"127.0.0.1:{port}:{port}" in published
        command = containers[f"{name}-daprd"]["command"]
        assert command[command.index("--app-port") + 1] == str(port)
        assert command[command.index("--app-id") + 1] == name


def test_no_two_containers_want_one_port(containers: dict[str, Any]) -> None:
    """They share one network namespace."""
    ports = [
        part
        for name, container in containers.items()
        if name.endswith("-daprd")
        for flag, part in zip(container["command"], container["command"][1:], strict=False)
        if flag.endswith("-port") and flag != "--app-port"
    ]

    assert len(ports) == len(set(ports)) == 4 * sum(n.endswith("-daprd") for n in containers)


def test_an_app_and_its_sidecar_agree_on_the_grpc_port(containers: dict[str, Any]) -> None:
    for name in load("functions").services:
        command = containers[f"{name}-daprd"]["command"]
        port = command[command.index("--dapr-grpc-port") + 1]
        assert containers[name]["environment"]["DAPR_GRPC_PORT"] == port


def test_every_daprd_has_the_environment_that_the_launcher_gives_it(
    apps: dict[str, Any], containers: dict[str, Any]
) -> None:
    sidecars = [containers[f"{name}-daprd"]["environment"] for name in apps]

    assert parsed("dapr.yaml")["common"]["env"].items() >= daprd.ENVIRONMENT.items()
    assert sidecars == [daprd.ENVIRONMENT] * len(apps)


def test_the_components_are_those_the_runtime_asks_for() -> None:
    settings = Settings()
    names = {parsed(f"components/{path.name}")["metadata"]["name"] for path in COMPONENTS}

    assert names == {
        settings.pubsub,
        settings.second_pubsub,
        settings.tables_pubsub,
        settings.retries_pubsub,
        settings.statestore,
        "clock",
        "resiliency",
    }


def test_the_second_component_of_the_events_differs_from_the_first_in_its_name_alone() -> None:
    first, second = (parsed(f"components/{name}.yaml") for name in ("events", "events-2"))

    assert second["metadata"].pop("name") == Settings().second_pubsub
    assert first["metadata"].pop("name") == Settings().pubsub
    assert second == first


def test_no_component_lets_a_slow_start_end_daprd() -> None:
    waits = {
        document["metadata"]["name"]: document["spec"].get("initTimeout")
        for document in (parsed(f"components/{path.name}") for path in COMPONENTS)
        if document["spec"].get("type") not in (None, "bindings.cron")
    }

    assert set(waits.values()) == {"30s"}, waits


def test_every_component_that_delivers_brings_again_what_was_put_off() -> None:
    targets = parsed("components/resiliency.yaml")["spec"]["targets"]["components"]
    delivering = {
        document["metadata"]["name"]
        for document in (parsed(f"components/{path.name}") for path in COMPONENTS)
        if document["spec"].get("type") == "pubsub.kafka"
    }

    assert set(targets) == delivering


COMPONENTS = sorted((ROOT / "components").glob("*.yaml"))


def test_the_image_has_the_topic_list_where_the_code_looks_for_it() -> None:
    steps = (ROOT / "Dockerfile").read_text()

    assert TOPICS_FILE == ROOT / "topics.toml"
    assert "topics.toml" in steps
    assert "--editable ." in steps


def test_the_image_has_the_font_that_its_setting_names() -> None:
    steps = (ROOT / "Dockerfile").read_text()

    assert "fonts-dejavu-core" in steps
    assert "SLUICE_INVOICE_FONT=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf" in steps


def test_every_topic_of_a_function_is_in_the_topic_list() -> None:
    import tomllib

    listed = tomllib.loads((ROOT / "topics.toml").read_text())
    subscribed = {
        spec.trigger.name
        for spec in load("functions").functions()
        if isinstance(spec.trigger, Topic)
    }
    published = {topic for spec in load("functions").functions() for topic in spec.publishes}

    assert subscribed | published <= set(listed.get("topics", listed))
