"""The desk as the back office sees it: notes nobody took, and how long travellers waited."""
