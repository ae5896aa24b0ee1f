"""会员等级: by what is earned or spent in a period, never by what is there to spend."""
