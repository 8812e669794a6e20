"""The two running systems that stories are told to, each started once, one after the other.

They and their settings end with the last story (hence the `__init__.py`: a folder without one has
no end for pytest), so that no other test meets them.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cluster import Cluster
from local.customers_db import init
from tests.flows import told
from tests.flows.shop import Shop, embedded, on_dapr

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tell the stories of the embedded engine first.

    Beside them the 28 processes of the other one, with nothing to do, would take a processor's time
    that they need.
    """
    places = [at for at, item in enumerate(items) if HERE in item.path.parents]
    stories = [items[at] for at in places]
    stories.sort(key=lambda story: story.get_closest_marker("platform") is not None)
    for at, story in zip(places, stories, strict=True):
        items[at] = story


@pytest.fixture(scope="package", autouse=True)
def quick_retries() -> Iterator[None]:
    """Short delays, for every service that a story starts: 12 minutes are too long for a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLUICE_RETRY_SECONDS", "2,3")
        yield


@pytest.fixture(scope="package", autouse=True)
def quiet_daprds() -> Iterator[None]:
    """Fourteen daprds that look for records every 2 ms take a fifth of a processor for nothing.

    Every other folder has the services at the 2 ms that they have by themselves.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLUICE_BATCH_WAIT_MS", "50")
        yield


@pytest.fixture(scope="package", autouse=True)
def error_hook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A hook in every service that a story starts; `told_of` says what it has heard."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLUICE_ERROR_HOOK", "tests.flows.told:remember")
        patch.setenv(told.FILE, str(tmp_path_factory.mktemp("told") / "failures.jsonl"))
        yield


@pytest.fixture(scope="package", autouse=True)
def customers_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An empty customers database, which every capture service that a story starts captures."""
    path = tmp_path_factory.mktemp("customers") / "customers.db"
    init(path, ())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLUICE_CUSTOMERS_DB", str(path))
        yield


@pytest.fixture(scope="package")
def embedded_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """`sluice up`, on an empty data directory."""
    with embedded(tmp_path_factory.mktemp("embedded")) as shop:
        yield shop


@pytest.fixture(scope="package")
def dapr_shop(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Every service with its daprd, on Kafka and PostgreSQL."""
    with on_dapr(cluster, tmp_path_factory.mktemp("services")) as shop:
        yield shop


@pytest.fixture(
    params=["embedded", pytest.param("dapr", marks=pytest.mark.platform)],
)
def shop(request: pytest.FixtureRequest) -> Shop:
    """The same story on both engines."""
    found: Shop = request.getfixturevalue(f"{request.param}_shop")
    return found
