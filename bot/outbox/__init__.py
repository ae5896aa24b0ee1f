"""Promises (design §4): what must happen outside, written in the transaction that wants it.

`promise` writes, the clock *relays* due rows into RQ, workers *keep* them.  A
row goes `waiting → queued → running → done`, back to `waiting` after a failure
worth another try, or to `dead` with the reason.  The database is the truth:
what Redis or a worker loses comes back when its lease ends.
"""
