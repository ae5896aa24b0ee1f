"""Tills and booking systems: their keys, and how they sign what they send (docs/till-api.md)."""
