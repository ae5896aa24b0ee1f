"""The back office (design §1). Server-rendered; the first pages arrive with sign-in."""
