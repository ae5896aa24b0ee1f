"""Who may sign in to the back office. Travellers and shop staff are not among them."""
