"""What a traveller can do with the phone; each returns the pushes it causes, not yet sent."""
