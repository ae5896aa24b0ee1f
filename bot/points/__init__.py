"""Members' points: a ledger of lots and entries that only grows (docs/decisions/0030-points-ledger.md)."""
