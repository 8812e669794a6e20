from runtime import Response, function
from tests.local.small_shop.sale import Sale


@function(http="POST /sales", publishes="sales")
def sell(sale: Sale) -> Response:
    """Sell one piece."""
    return Response(201, publish=[sale])
