"""That the database was put back to an earlier moment, and what that means until an operator has looked.

Between a backup and its restoration the world went on: travellers were told things, codes were printed,
and the rows know nothing of it.  Whoever may say or make something twice asks here.
"""
