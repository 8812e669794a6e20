"""Stand-ins for the e-mail service and the document store: moto's server for SES and S3.

It keeps all in memory. What was mailed or stored is gone when it stops.
"""

import importlib.util
import sys
from typing import ClassVar

from local.cluster.errors import ToolMissing
from local.cluster.members import Member
from local.cluster.ports import HOST


class Moto(Member):
    """moto's server, run by the same Python that runs us."""

    name: ClassVar[str] = "moto"
    # It has nothing to save.
    stop_seconds: ClassVar[float] = 5.0

    @property
    def url(self) -> str:
        """The endpoint to give to boto3 as `endpoint_url`."""
        return f"http://{self.address}"

    def prepare(self) -> None:
        """Make sure that it is installed; it writes no files."""
        if importlib.util.find_spec("moto") is None or importlib.util.find_spec("flask") is None:
            raise ToolMissing(
                f"Package 'moto' is not installed for {sys.executable}; expected moto's server. "
                f"Install it with `pip install 'moto[server,s3,ses]'`."
            )

    def command(self) -> list[str]:
        """The server as a module of our own Python, so that no PATH decides which one it is."""
        return [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(self.port)]

    def works(self) -> bool:
        """True when its own status page answers."""
        return self.answers_well("/moto-api/data.json")
