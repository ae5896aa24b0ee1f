"""平台统计: what WeChat itself counts of an account, kept by day for longer than WeChat shows it."""
