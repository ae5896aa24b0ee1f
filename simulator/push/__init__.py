"""The way of a message from the platform to a bot, and of its passive reply back."""
