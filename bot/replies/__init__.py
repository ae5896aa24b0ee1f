"""自动回复: what we answer on our own, by rules that live in the database."""
