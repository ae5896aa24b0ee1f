"""The back office (design §1): pages under /admin. docs/admin.md says how to add a section."""
