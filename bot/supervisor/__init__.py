"""Everything on one machine under one roof: what `python -m bot run` is made of."""
