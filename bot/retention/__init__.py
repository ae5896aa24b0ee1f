"""How long personal data is kept: a period for each table, and what becomes of who leaves."""
