"""会员: one person with a verified telephone, whatever accounts they follow (docs/members.md).

Refusals are return values, not exceptions: a wrong code must be counted, and
only what returns is committed.
"""
