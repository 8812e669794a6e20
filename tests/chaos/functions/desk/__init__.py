"""Looks at parcels and writes to people."""
