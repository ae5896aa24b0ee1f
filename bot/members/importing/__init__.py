"""Members from spreadsheets: read once, sealed, then taken in a few hundred at a time (docs/members.md)."""
