"""Decides orders."""
