"""Yizhan (驿站): what the bot is and knows. `docs/architecture.md` is the way in."""

__version__ = "0.1.0"
