"""All that speaks WeChat: codec, gateway, tokens, return codes."""
