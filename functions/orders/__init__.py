"""The orders as clients see them."""
