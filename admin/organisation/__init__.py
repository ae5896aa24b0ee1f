"""The organisation: branches, shops with their hours, staff with their telephones."""
