"""Keeps papers."""
