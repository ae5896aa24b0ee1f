"""What members bought, and what of it they gave back: as tills say it, sheets, or somebody by hand."""
