"""Facts in, picture out; imports nothing of the project (design §1)."""
