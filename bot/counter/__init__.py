"""A shop's counter on the phone of its staff: who stands there, what they may do, and what they did."""
