from msgspec import Struct


class Order(Struct):
    id: str
    cake: str

    @property
    def key(self) -> str:
        return self.id


class Decision(Struct):
    order_id: str

    @property
    def key(self) -> str:
        return self.order_id


class Taken(Struct):
    """An order's row; `decisions` counts how often it was decided."""

    cake: str = ""
    decisions: int = 0


class Stock(Struct):
    reserved: int = 0
