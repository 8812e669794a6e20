"""Weighs, counts and closes parcels."""
