"""群发: one message to many, written by one, approved by another, sent once to each."""
