"""Fans and messages to take along: what the page shows, under its filters, without a telephone."""
