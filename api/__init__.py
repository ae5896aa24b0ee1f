"""The HTTP API of tills and booking systems: `/api/v1` (docs/till-api.md)."""
