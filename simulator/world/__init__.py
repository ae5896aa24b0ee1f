"""What the platform remembers, and its rules: one module per noun, given the account, the facts and `now`."""
