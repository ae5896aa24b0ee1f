"""A WeChat official-account platform for a laptop: knows the rules, imports nothing of the project."""
