"""周报: what a shop's channels brought last week, told to its managers in WeChat."""
