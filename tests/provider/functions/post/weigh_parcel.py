"""post-parcels -> post-weights"""

from __future__ import annotations

from msgspec import Struct

from runtime import Table, function


class Parcel(Struct):
    """A parcel on its way to a town."""

    town: str
    grams: int


class Bag(Struct):
    """What goes to one town."""

    grams: int = 0
    parcels: int = 0


@function(
    subscribes="post-parcels",
    publishes="post-weights",
    reads={"bags": lambda parcel: [parcel.town]},
)
def weigh_parcel(parcel: Parcel, bags: Table[Bag]) -> Bag:
    """Add the parcel to the bag of its town, and say how heavy that is now."""
    with bags.edit(parcel.town, Bag) as bag:
        bag.grams += parcel.grams
        bag.parcels += 1
    return Bag(bag.grams, bag.parcels)
