"""海报: the designs, and what staff make of them (docs/staff-posters.md). `posters` does the drawing."""
