"""What happened each day, added up, so that a glance at a month reads a few rows and not ten million."""
