"""WeChat's interfaces by noun, as methods of an account's gateway."""
