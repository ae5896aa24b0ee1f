"""Backups: one file with the whole database, checked before it is believed and put back in one step.

A file says itself what it is (`manifest`).  What goes wrong after putting an
old database into a world that went on is seen to by `aftermath`, and an
operator looks at it through `reviewing` (docs/decisions/0041-backup-and-restore.md).
"""
