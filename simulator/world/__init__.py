"""What the platform remembers, and its rules: one module per noun. Functions get the account, the facts and `now`."""
