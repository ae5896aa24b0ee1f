"""授权同意: the policy's versions with their texts, and who agreed to what, when."""
