"""Where do processes listen? As the kernel says it, not as they were told."""

import ipaddress
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from local.cluster.identity import ProcessId

#: The state of a TCP socket that listens, and of a UDP socket that is bound to no peer.
_LISTENS = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}


def listeners(processes: Iterable[ProcessId]) -> set[str]:
    """Return what the processes and their children listen on, such as `tcp 127.0.0.1:8080`."""
    family = [each for process in processes for each in (process, *process.descendants())]
    sockets = {socket for process in family for socket in _sockets(process.pid)}
    return {place for socket, place in _places() if socket in sockets}


def exposed(found: Iterable[str]) -> set[str]:
    """Return those that another machine could reach."""
    return {place for place in found if not _host(place).is_loopback}


def _host(place: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(place.partition(" ")[2].rpartition(":")[0].strip("[]"))


def _sockets(pid: int) -> Iterator[str]:
    with suppress(FileNotFoundError, ProcessLookupError):  # it has ended since
        yield from _open_sockets(Path(f"/proc/{pid}/fd"))


def _open_sockets(files: Path) -> Iterator[str]:
    for link in files.iterdir():
        with suppress(FileNotFoundError):  # closed since
            target = str(link.readlink())
            if target.startswith("socket:["):
                yield target.removeprefix("socket:[").removesuffix("]")


def _places() -> Iterator[tuple[str, str]]:
    for protocol, listening in _LISTENS.items():
        for line in Path(f"/proc/net/{protocol}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == listening:
                yield words[9], f"{protocol.removesuffix('6')} {_address(words[1])}"


def _address(text: str) -> str:
    """0100007F:1F90 -> 127.0.0.1:8080; the bytes of each group of four are the wrong way round."""
    host, _, port = text.partition(":")
    groups = [bytes.fromhex(host[at : at + 8])[::-1] for at in range(0, len(host), 8)]
    address = ipaddress.ip_address(b"".join(groups))
    address = getattr(address, "ipv4_mapped", None) or address  # as Java listens on IPv4
    shown = f"[{address}]" if address.version == 6 else str(address)
    return f"{shown}:{int(port, 16)}"
