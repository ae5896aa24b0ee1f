"""渠道统计: what channels brought, added up from their events by Shanghai's days.

Why it is done so stands in docs/decisions/0017-channel-figures.md.
"""
