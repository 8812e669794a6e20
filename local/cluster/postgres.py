"""The PostgreSQL server, with a data folder of its own.

PostgreSQL refuses to run as root, so root runs it as another user. That user has to reach the data
folder; where the cluster's folder is closed to him, the data goes to a place that he can reach.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from local.cluster.errors import MemberFailed
from local.cluster.members import Member
from local.cluster.ports import HOST
from local.cluster.server_user import as_server_user, server_user

#: The database that is there from the first start, and its only user, who needs no password:
#: the server listens on loopback alone.
DATABASE = "sluice"
USER = "sluice"

#: daprd (1.16.5) makes this table where it is absent, and of several that start together on a new
#: database one may find it made meanwhile and end. All else they make one after the other.
_METADATA = "CREATE TABLE dapr_metadata (key text NOT NULL PRIMARY KEY, value text NOT NULL)"

#: For root's data that cannot stay in the cluster's folder. Not a temporary folder: it must survive
#: a restart of the machine.
_ELSEWHERE = Path("/var/lib/sluice")


class Postgres(Member):
    """PostgreSQL; fsync stays on, for durable is what it is here to be."""

    name: ClassVar[str] = "postgres"
    # "Fast shutdown". SIGTERM would wait until every client has gone by itself.
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT

    def __init__(self, directory: Path, port: int, binaries: Path) -> None:
        super().__init__(directory, port)
        self.binaries = binaries

    @property
    def connection(self) -> str:
        """The connection string, good for daprd's components and for psycopg alike."""
        return connection_string(self.port)

    @property
    def data(self) -> Path:
        """The data folder, wherever it had to go."""
        if self._pointer.exists():
            return Path(self._pointer.read_text())
        return self._home / "data"

    def prepare(self) -> None:
        """Make the data folder and the database the first time."""
        if (self.data / "PG_VERSION").exists():
            return
        self._home.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            self._make_reachable_data()
        unfinished = self.data.with_name("data.unfinished")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        server, initdb = str(self.binaries / "postgres"), str(self.binaries / "initdb")
        settings = ["--username", USER, "--encoding", "UTF8", "--locale", "C", "--auth", "trust"]
        self._run([initdb, "--pgdata", str(unfinished), *settings])
        # What stands in the template is in the database from its beginning.
        create = f"{_METADATA};\nCREATE DATABASE {DATABASE};\n"
        self._run([server, "--single", "-D", str(unfinished), "template1"], create)
        unfinished.rename(self.data)

    def command(self) -> list[str]:
        """The server. Its settings are arguments, so that a new port needs no edited file."""
        settings = {
            "listen_addresses": HOST,
            "port": self.port,
            # A socket file in a shared folder would let others find it, and two clusters meet.
            "unix_socket_directories": "",
            "max_connections": 200,
            "fsync": "on",
            "logging_collector": "off",
            "log_line_prefix": "%m [%p] ",
        }
        arguments = [part for item in settings.items() for part in ("-c", f"{item[0]}={item[1]}")]
        return as_server_user([str(self.binaries / "postgres"), "-D", str(self.data), *arguments])

    def works(self) -> bool:
        """True when the database answers a query."""
        import psycopg

        try:
            with psycopg.connect(self.connection, connect_timeout=2) as session:
                return session.execute("select 1").fetchone() == (1,)
        except psycopg.OperationalError:
            return False

    def erase(self) -> None:
        """Delete the data. The server must be stopped."""
        data = self.data
        shutil.rmtree(data, ignore_errors=True)
        if self._pointer.exists():
            shutil.rmtree(data.parent, ignore_errors=True)
            with suppress(OSError):  # other clusters keep theirs there
                _ELSEWHERE.rmdir()

    @property
    def _home(self) -> Path:
        return self.directory / "postgres"

    @property
    def _pointer(self) -> Path:
        return self._home / "elsewhere"

    def _make_reachable_data(self) -> None:
        user = server_user()
        os.chown(self._home, user.pw_uid, user.pw_gid)
        look = as_server_user(["test", "-w", str(self._home)])
        if subprocess.run(look, check=False).returncode == 0 or self._pointer.exists():
            return
        _ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
        parent = tempfile.mkdtemp(prefix="postgres-", dir=_ELSEWHERE)
        os.chown(parent, user.pw_uid, user.pw_gid)
        self._pointer.write_text(str(Path(parent, "data")))

    def _run(self, command: Sequence[str], text: str = "") -> None:
        done = subprocess.run(
            as_server_user(command),
            input=text,
            # Not ours, which the server's user may not be allowed to enter.
            cwd=self.data.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        # A server in single mode ends with 0 although a statement has failed.
        if done.returncode != 0 or "ERROR:" in done.stderr:
            raise MemberFailed(
                f"Member 'postgres' could not prepare {self.data}: {done.stderr.strip()[-500:]}"
            )


def connection_string(port: int) -> str:
    """How to reach the database on this port."""
    return f"host={HOST} port={port} user={USER} dbname={DATABASE} sslmode=disable"
