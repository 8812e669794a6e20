from msgspec import Struct


class Sale(Struct):
    product: str


class Shelf(Struct):
    __listed__ = True

    sold: int = 0
