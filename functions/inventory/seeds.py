"""Which products does the legacy inventory know from the start? Twenty invented ones."""

from __future__ import annotations

from functions.domain.product import Product

_NAMES = {
    "APRN1001": "Apron",
    "BASK1002": "Basket",
    "BELL1003": "Bell",
    "BOWL1004": "Bowl",
    "BRSH1005": "Brush",
    "CAND1006": "Candle",
    "CLCK1007": "Clock",
    "CUPS1008": "Cup",
    "DISH1009": "Dish",
    "FORK1010": "Fork",
    "JARS1011": "Jar",
    "KETL1012": "Kettle",
    "LAMP1013": "Lamp",
    "MUGS1014": "Mug",
    "PANS1015": "Pan",
    "PLAT1016": "Plate",
    "SOAP1017": "Soap",
    "SPON1018": "Spoon",
    "TEAP1019": "Teapot",
    "VASE1020": "Vase",
}

#: By code, none of them counted yet.
PRODUCTS = {code: Product(code, name) for code, name in _NAMES.items()}
