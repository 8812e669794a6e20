"""`python -m local.cluster build|up|down|status`, for trying the platform alone."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from local.cluster import ClusterError, down, prepare, status, up
from local.cluster.lifecycle import OPTIONAL
from local.cluster.ports import Wish
from local.cluster.progress import shown


def main(arguments: list[str] | None = None) -> int:
    """Do one thing and return the exit code: 0 done, 1 failed or not up, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="python -m local.cluster", description=__doc__)
    parser.add_argument("action", choices=["build", "up", "down", "status"])
    parser.add_argument("--dir", type=Path, help="the cluster's folder [SLUICE_CLUSTER_DIR]")
    parser.add_argument("--free-ports", action="store_true", help="any ports, not the usual ones")
    parser.add_argument(
        "--with", dest="extra", action="append", default=[], choices=OPTIONAL, help="one more"
    )
    options = parser.parse_args(arguments)
    console = Console()
    try:
        with shown(console) as progress:
            if options.action == "build":
                prepare(progress=progress)
                return 0
            if options.action == "up":
                ports: Wish = "free" if options.free_ports else None
                up(options.dir, ports=ports, extra=options.extra, progress=progress)
            elif options.action == "down":
                down(options.dir, progress=progress)
        seen = status(options.dir)
    except ClusterError as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("Interrupted; what was started has been stopped again.")
        return 130
    for member in seen:
        console.print(
            f"{member.name:<9} {member.state:<8} {member.address:<15} "
            f"pid {member.pid or '-'}  log {member.log}",
            highlight=False,
            soft_wrap=True,
        )
    wanted = "stopped" if options.action == "down" else "ready"
    return 0 if all(member.state == wanted for member in seen) else 1


if __name__ == "__main__":
    sys.exit(main())
