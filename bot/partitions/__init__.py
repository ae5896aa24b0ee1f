"""Tables cut by month on PostgreSQL, for houses whose messages no longer fit one table (decision 0044).

Nothing here is needed for a database to work: who never asks for it has whole tables.
"""
