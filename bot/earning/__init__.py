"""What earns points: the rules, what happened, and what came of it (docs/earning.md)."""
