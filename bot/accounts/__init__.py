"""公众号: the official accounts this server answers for."""
