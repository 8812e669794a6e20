"""Which customers are there from the start? Invented ones, so that an order has somebody to go to.

Platinum: 1 2 3, gold: 5 7, silver: 6 8, bronze: 4 9.
"""

from __future__ import annotations

from functions.domain.customer import Action, Customer, Level


def _customer(id: int, first_name: str, last_name: str, address: str, level: Level) -> Customer:
    return Customer(
        id=str(id),
        first_name=first_name,
        last_name=last_name,
        email=f"{first_name}.{last_name}@example.com".lower(),
        address=address,
        level=level.value,
        action=Action.CREATED,
    )


#: Events for the topic `customers`, in the order of their ids.
CUSTOMERS = (
    _customer(1, "Ida", "Lindqvist", "1 Harbour Lane, Oldport", Level.PLATINUM),
    _customer(2, "Tomas", "Okafor", "22 Mill Road, Greyfield", Level.PLATINUM),
    _customer(3, "Mei", "Castellan", "3 Orchard Row, Sundale", Level.PLATINUM),
    _customer(4, "Bruno", "Akerman", "40 Station Street, Oldport", Level.BRONZE),
    _customer(5, "Salma", "Whitlock", "5 Chapel Hill, Marrow", Level.GOLD),
    _customer(6, "Jonas", "Varga", "61 Quay Side, Greyfield", Level.SILVER),
    _customer(7, "Priya", "Hollander", "7 Weaver Court, Sundale", Level.GOLD),
    _customer(8, "Otto", "Maguire", "88 North Parade, Marrow", Level.SILVER),
    _customer(9, "Lena", "Duarte", "9 Lantern Square, Oldport", Level.BRONZE),
)
