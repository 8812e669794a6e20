"""payments-made: fails as the event says."""

from msgspec import Struct

from runtime import Reject, function
from tests.security.leaky_shop.leaks import LEAKS


class Made(Struct):
    """A payment."""

    kind: str
    password: str = ""


@function(subscribes="payments-made")
def pay(made: Made) -> None:
    """Fail. Delivered twice, it fails twice."""
    if made.kind == "json":
        raise Reject(LEAKS[made.kind]())
    try:
        raise RuntimeError(LEAKS[made.kind]())
    except RuntimeError as error:
        raise ValueError(f"It did not work: {error}") from error
