"""Runs one service behind daprd: `python -m runtime SERVICE`, as dapr.yaml does."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import signal
import sys
import threading
from collections.abc import Mapping

import tenacity

from runtime import daprd, log, memory
from runtime.access import protected_routes, refuse_unknown
from runtime.arguments import Resources
from runtime.catching_up import CatchingUp
from runtime.errors import DeclarationError, PlatformDown, SluiceError
from runtime.host import make_app
from runtime.kafka_topics import KafkaTopics
from runtime.looking import Looking
from runtime.registry import Service, load
from runtime.server import Server
from runtime.service import Running
from runtime.settings import Settings
from runtime.sidecars.dapr import DaprSidecar
from runtime.standstills import Standstills, readers
from runtime.ticker import Ticker

#: How often an outage is looked at, to see whether it has ended.
_LOOK_SECONDS = 1.0
#: How often it is looked whether daprd wants idle connections to end.
_TIDY_SECONDS = 1.0
#: How often it is looked whether daprd stands still on a topic that was made anew.
_STANDSTILLS_SECONDS = 5.0


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; 0 then, 1 when the platform refuses, 2 for misuse."""
    memory.share()
    options = _options()
    try:
        settings = Settings.read()
        log.configure(settings.log_level)
        service = _service(options.functions, options.service, settings)
        serve(service, settings)
    except DeclarationError as error:
        print(error, file=sys.stderr)  # noqa: T201  the user's message, not a log
        return 2
    except SluiceError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    except OSError as error:
        print(error.strerror or error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


def serve(service: Service, settings: Settings) -> None:
    """Serve one service; raises SluiceError when it cannot start."""
    sidecar = DaprSidecar(settings)
    topics = KafkaTopics(settings.kafka) if settings.kafka else None
    running = Running(service, sidecar, settings, resources=Resources(), topics=topics)
    app = make_app([running], settings)
    daprd.install(app, running, _catching_up(running, sidecar, settings), settings)
    memory.relax()
    server = Server(app, settings.host, settings.port, threads=settings.threads)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    # Another replica may write the row that a request waits for here.
    polling = Ticker("waiting", settings.wait_poll_seconds, lambda: _poll(running))
    looking = Ticker("platform", _LOOK_SECONDS, Looking(sidecar.look, sidecar.outages).tick)
    tidying = Ticker("lines", _TIDY_SECONDS, sidecar.tidy)
    polling.start()
    looking.start()
    tidying.start()
    if topics:
        patience = settings.standstill_seconds
        standstills = Standstills(topics, readers(running, settings), patience)
        threading.Thread(target=standstills.look, daemon=True).start()
        Ticker("standstills", _STANDSTILLS_SECONDS, standstills.look).start()
    refusals: list[SluiceError] = []
    threading.Thread(target=_start, args=(running, server, refusals), daemon=True).start()
    server.serve()
    polling.stop()
    looking.stop()
    tidying.stop()
    running.close()
    if refusals:
        raise refusals[0]


def _poll(running: Running) -> None:
    # An outage ends no wait: requests have their own deadline.
    with contextlib.suppress(PlatformDown):
        running.waiters.poll(running.sidecar.get)


def _start(running: Running, server: Server, refusals: list[SluiceError]) -> None:
    """Check the state store as soon as daprd answers; stop serving when it cannot be trusted."""
    started = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(PlatformDown),
        wait=tenacity.wait_exponential(multiplier=0.1, max=2),
    )
    try:
        started(running.start)
    except SluiceError as error:
        refusals.append(error)
        server.stop()


def _catching_up(running: Running, sidecar: DaprSidecar, settings: Settings) -> CatchingUp:
    fillers = [consumer for consumer in running.consumers if consumer.spec.fills_table]
    if not settings.kafka:
        fillers = []
    return CatchingUp(fillers, sidecar.ends, settings.tables_wait_seconds)


def _service(package: str, name: str, settings: Settings) -> Service:
    """Load the service, and the others only where they matter: they cost memory and time."""
    services: Mapping[str, Service] = {}
    if not protected_routes(settings) and _is_folder(package, name):
        services = load(f"{package}.{name}").services
    if name not in services:
        registry = load(package)
        refuse_unknown(settings, registry)
        services = registry.services
    if name not in services:
        known = ", ".join(sorted(services)) or "none"
        raise DeclarationError(f"There is no service {name!r} in {package!r}; it has: {known}.")
    return services[name]


def _is_folder(package: str, name: str) -> bool:
    try:
        return importlib.util.find_spec(f"{package}.{name}") is not None
    except ModuleNotFoundError:
        return False


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m runtime", description=__doc__)
    parser.add_argument("service", help="a folder of functions, e.g. inventory")
    parser.add_argument("--functions", default="functions", help="the package they lie in")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
