"""`doctor`: everything the peers' users tripped over, looked at before it trips ours.

Each check returns findings: what was seen, and if something is wrong, whose
move it is and what to do.  Checks only read; nothing is changed anywhere.
"""
