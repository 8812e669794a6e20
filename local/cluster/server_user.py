"""Who runs the PostgreSQL server, which refuses root?"""

import os
import pwd
import shutil
from collections.abc import Sequence

from local.cluster.errors import ToolMissing

#: When we are root: Debian's package makes the first, macOS has the second, every Unix the last.
_SERVER_USERS = ("postgres", "_postgres", "nobody")


def as_server_user(command: Sequence[str]) -> list[str]:
    """The command that does this as the server's user; unchanged when we are not root."""
    if os.geteuid() != 0:
        return list(command)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ToolMissing(
            "Program 'setpriv' is not on the PATH; expected it, because PostgreSQL does not run as "
            "root. Install util-linux, or run as another user than root."
        )
    user = server_user()
    # setpriv becomes the program, so that the pid we remember is the server's own.
    identity = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return [setpriv, *identity, "--", *command]


def server_user() -> pwd.struct_passwd:
    """The user for whom root starts the server."""
    for name in _SERVER_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ToolMissing(
        f"User {_SERVER_USERS[0]!r} does not exist, nor any of {_SERVER_USERS[1:]}; expected one "
        f"to run PostgreSQL, which refuses root. Make one with `adduser --system postgres`."
    )
