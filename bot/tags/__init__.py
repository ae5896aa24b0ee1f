"""标签: what we call groups of fans; WeChat is told only of those it needs to know."""
