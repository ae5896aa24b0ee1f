"""粉丝同步: everyone who follows, learnt from WeChat a slice at a time, and what differed from our rows."""
