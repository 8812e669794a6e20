"""POST /v1/leaks/{kind}: fails as it is asked to."""

from runtime import Reject, function
from tests.security.leaky_shop.leaks import LEAKS


@function(http="POST /v1/leaks/{kind}/{how}")
def ask(kind: str, how: str) -> None:
    """Fail."""
    if how == "rejected":
        raise Reject(LEAKS[kind]())
    raise RuntimeError(LEAKS[kind]())
