"""On which ports of this machine do the members listen?"""

import random
import socket
from dataclasses import dataclass, fields, replace
from typing import Literal

from local.cluster.errors import PortTaken

#: Everything binds here and nowhere else.
HOST = "127.0.0.1"

#: Free ports are taken from here: below the range from which the system numbers outgoing
#: connections (32768 and up), one of which could take the port before the member has bound it.
_FREE_RANGE = range(15000, 32000)


@dataclass(frozen=True)
class Ports:
    """The ports of one cluster; 0 means any that is free."""

    kafka: int = 9092
    postgres: int = 5432
    moto: int = 5000

    @classmethod
    def free(cls) -> "Ports":
        """Any ports that nobody uses, as tests and second clusters want them."""
        return cls(kafka=0, postgres=0, moto=0)


#: What a caller may ask for: the defaults (each gives way when it is taken), any, or these exactly.
Wish = Ports | Literal["free"] | None


def choose(wish: Wish, running: dict[str, int], earlier: Ports | None) -> tuple[Ports, list[str]]:
    """Pick the ports, and say in sentences which defaults had to give way.

    A running member keeps its port, and a cluster that comes up again gets its earlier ports when
    they are free. Only a port that the caller named himself is insisted on.
    """
    insist = isinstance(wish, Ports)
    wanted = wish if isinstance(wish, Ports) else Ports.free() if wish == "free" else Ports()
    chosen = wanted
    notes: list[str] = []
    taken: set[int] = set(running.values())
    for name in (field.name for field in fields(Ports)):
        port = getattr(wanted, name)
        before = running.get(name) or (getattr(earlier, name) if earlier else 0)
        if name in running:
            if insist and port not in (0, running[name]):
                raise PortTaken(
                    f"Port of {name!r} is {port}, but it already runs on {running[name]}; "
                    f"expected the same. Take the cluster down first."
                )
            port = running[name]
        elif insist and port and not is_free(port):
            raise PortTaken(
                f"Port of {name!r} is {port}, which another program uses; expected a free one. "
                f"End that program, or ask for port 0 to get any that is free."
            )
        elif not (insist and port):
            port = next((p for p in (before, port) if p and p not in taken and is_free(p)), 0)
            if not port:
                port = free_port(taken)
                if getattr(wanted, name):
                    note = f"{name}: port {getattr(wanted, name)} is taken; using {port}"
                    notes.append(note)
        taken.add(port)
        chosen = replace(chosen, **{name: port})
    return chosen, notes


def free_port(besides: set[int] | None = None) -> int:
    """A port that nobody listens on now."""
    for port in random.sample(_FREE_RANGE, 200):
        if port not in (besides or ()) and is_free(port):
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
