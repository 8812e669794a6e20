"""On which ports of this machine do the members listen?"""

import random
import socket
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Literal

from local.cluster.errors import PortTaken

#: Everything binds here and nowhere else.
HOST = "127.0.0.1"

#: What daprd serves beside its API, on every address unless told otherwise. Whoever reaches the
#: internal API calls the application through it, and daprd adds the application's token.
DAPRD_ON_LOOPBACK = ("--dapr-internal-grpc-listen-address", HOST, "--metrics-listen-address", HOST)

#: Free ports are taken from here: below the range from which the system numbers outgoing
#: connections (32768 and up), one of which could take the port before the member has bound it.
_FREE_RANGE = range(15000, 32000)
#: What `free_port` has returned in this process.
_given: set[int] = set()


@dataclass(frozen=True)
class Ports:
    """The ports of one cluster; 0 means any that is free."""

    kafka: int = 9092
    postgres: int = 5432
    moto: int = 5000
    #: 0 as long as the cluster does without them.
    opensearch: int = 9200
    registry: int = 8081

    @classmethod
    def free(cls) -> "Ports":
        """Any ports that nobody uses, as tests and second clusters want them."""
        return cls(kafka=0, postgres=0, moto=0, opensearch=0, registry=0)


#: What a caller may ask for: the defaults (each gives way when it is taken), any, or these exactly.
Wish = Ports | Literal["free"] | None


def choose(
    wish: Wish,
    running: dict[str, int],
    earlier: Ports | None,
    usual: Ports = Ports(),
    *,
    without: Collection[str] = (),
) -> tuple[Ports, list[str]]:
    """Pick the ports, and say in sentences which of the usual ones had to give way.

    A running member keeps its port, and a cluster that comes up again gets its earlier ports when
    they are free. Only a port that the caller has named is insisted on. `without` names those that
    need none now.
    """
    chosen: dict[str, int] = {}
    notes: list[str] = []
    for name, default in asdict(usual).items():
        named = getattr(wish, name) if isinstance(wish, Ports) else 0
        others = {*running.values(), *chosen.values()}
        if name in running:
            _insist(name, named, named in (0, running[name]), f"runs on {running[name]}")
            chosen[name] = running[name]
        elif name in without:
            chosen[name] = getattr(earlier, name) if earlier else 0
        elif named:
            available = named not in others and is_free(named)
            _insist(name, named, available, "finds it taken by another program")
            chosen[name] = named
        else:
            before = getattr(earlier, name) if earlier else 0
            liked = [before, default] if wish is None else [before]
            able = (port for port in liked if port and port not in others and is_free(port))
            chosen[name] = next(able, 0) or free_port(others)
            if wish is None and chosen[name] not in liked:
                notes.append(f"{name}: port {before or default} is taken, using {chosen[name]}")
    return Ports(**chosen), notes


def moved(ports: Ports, usual: Ports = Ports()) -> list[str]:
    """Say which ports are not the usual ones, which `components/` and `dapr.yaml` name."""
    return [
        f"{name} on {port} instead of {getattr(usual, name)}"
        for name, port in asdict(ports).items()
        if port not in (0, getattr(usual, name))
    ]


def _insist(name: str, port: int, holds: bool, otherwise: str) -> None:
    if not holds:
        raise PortTaken(
            f"Port of {name!r} is {port}, but it {otherwise}; expected a port that is free. "
            f"Take the cluster down if it runs, or ask for port 0 to get any that is free."
        )


def free_port(besides: set[int] | None = None) -> int:
    """A port that nobody listens on now, and that this process has given to nobody before.

    Between choosing a port and listening on it seconds may pass, and many are chosen at once.
    """
    for port in random.sample(_FREE_RANGE, 200):
        if port not in (besides or ()) and port not in _given and is_free(port):
            _given.add(port)
            return port
    raise PortTaken(
        f"Of 200 ports between {_FREE_RANGE.start} and {_FREE_RANGE.stop} none is free; "
        f"expected some. Look with `ss -ltn` at who holds them."
    )


def is_free(port: int) -> bool:
    """True when a server could listen on it now, also right after another one has ended."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen()
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """True when somebody accepts connections on it; a paused process still does."""
    try:
        socket.create_connection((HOST, port), timeout=1.0).close()
    except OSError:
        return False
    return True
