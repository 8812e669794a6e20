"""One service as a process of its own, with its daprd beside it, on ports that are free.

    cluster = up()
    with launch("inventory", "functions", cluster) as inventory:
        inventory.http_url              # 'http://127.0.0.1:23456', the service itself
        inventory.dapr_url              # 'http://127.0.0.1:23457', its daprd
        inventory.kill()                # both, as a power cut would
        inventory.restart()             # on the same ports; returns when it consumes again

    with launch_all(["orders", "inventory"], "functions", cluster) as (orders, inventory):
        ...

Topics are to be made before (`local.topics`): Kafka makes missing ones with three partitions.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from local import components
from local.cluster import Cluster
from local.service_process import ServiceProcess

#: Makes `python -m runtime` work from any directory.
_ROOT = Path(__file__).resolve().parents[1]


def launch(
    service: str,
    functions: str,
    cluster: Cluster,
    *,
    app_id: str | None = None,
    directory: Path | None = None,
    sqlite: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> ServiceProcess:
    """Start a service of the package `functions`; returns when it consumes.

    It runs until `stop`, or until the end of a `with` block. `app_id` names its state and its
    consumer groups; without it that is the service's name. `sqlite` is the file of its state
    instead of PostgreSQL. `environment` is added for the service and its daprd. Logs and rendered
    components go to a folder of its own in `directory`. Raises LaunchFailed with the logs' last
    lines; then nothing runs.
    """
    prepared = prepare(
        service,
        functions,
        cluster,
        app_id=app_id,
        directory=directory,
        sqlite=sqlite,
        environment=environment,
    )
    prepared.start()
    return prepared


@contextmanager
def launch_all(
    services: Sequence[str],
    functions: str,
    cluster: Cluster,
    *,
    suffix: str = "",
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[list[ServiceProcess]]:
    """Start several services side by side, wait until all consume, stop them at the end.

    With a `suffix` to their names their app ids, and so their state, are not those of the usual.
    """
    with ExitStack() as stack:
        started = [
            prepare(
                service,
                functions,
                cluster,
                app_id=f"{service}{suffix}",
                directory=directory,
                environment=environment,
            )
            for service in services
        ]
        for each in started:
            stack.enter_context(each)
            each.begin()
        for each in started:
            each.wait_until_consuming()
        yield started


def prepare(
    service: str,
    functions: str,
    cluster: Cluster,
    *,
    app_id: str | None = None,
    directory: Path | None = None,
    sqlite: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> ServiceProcess:
    """Choose the ports and render the components; nothing is started yet."""
    app_id = app_id or service
    home = (directory or cluster.directory / "services") / app_id
    folder = components.render(
        home / "components", kafka=cluster.kafka, postgres=cluster.postgres, sqlite=sqlite
    )
    return ServiceProcess(
        app_id,
        [sys.executable, "-m", "runtime", service, "--functions", functions],
        cluster,
        folder,
        home,
        {**_environment(cluster), "SLUICE_DATA": str(home / "data"), **(environment or {})},
    )


def python_path() -> str:
    """The PYTHONPATH with which our programs are found from any directory."""
    return os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))


def _environment(cluster: Cluster) -> Mapping[str, str]:
    return {
        "PYTHONPATH": python_path(),
        "SLUICE_KAFKA": cluster.kafka,
        "SLUICE_LOG_LEVEL": "warning",
        "AWS_ENDPOINT_URL": cluster.moto_url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
