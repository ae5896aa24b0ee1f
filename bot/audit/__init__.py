"""Who did what, before and after: append-only, each entry sealed with the one before it (bot.audit.chain)."""

from bot.audit.chain import Actor, Subject, exists, facts, record

__all__ = ["Actor", "Subject", "exists", "facts", "record"]
