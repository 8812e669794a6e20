"""Every HTTP function is reached by its own route, and has an answer."""

from collections.abc import Iterator

from runtime.spec import FunctionSpec, Http
from tests.flows.shop import REGISTRY, Shop


def test_every_route_leads_to_its_function_and_is_answered(shop: Shop) -> None:
    shop.stock("ROUTED", 1)
    shop.order("routed", "ROUTED", 1)
    assert shop.decision("routed") == "VALIDATED"

    for spec, route in routes():
        before = answered(shop, spec)
        path = route.path
        for name in route.names:
            # An order that is there: who asks for one that is not is to wait for it.
            path = path.replace(f"{{{name}}}", "routed" if spec.service == "orders" else "nobody")
        body = None if route.method == "GET" else b"{}"

        status, answer = shop.request(route.method, path, body, service=spec.service)

        assert status < 500, f"{spec.id} answers {status}: {answer}"
        assert answered(shop, spec) == before + 1, f"{route} does not lead to {spec.id}: {answer}"


def routes() -> Iterator[tuple[FunctionSpec, Http]]:
    for spec in REGISTRY.functions():
        if isinstance(spec.trigger, Http):
            yield spec, spec.trigger


def answered(shop: Shop, spec: FunctionSpec) -> int:
    """How many requests the function has answered, as its service says."""
    status, metrics = shop.get("/metrics", service=spec.service)
    assert status == 200
    mine = f'sluice_requests_total{{function="{spec.id}",'
    counts = [line for line in metrics.decode().splitlines() if line.startswith(mine)]
    return round(sum(float(line.rpartition(" ")[2]) for line in counts))
