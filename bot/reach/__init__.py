"""触达: the send planner. One `notify` that knows whom WeChat lets us write to, how, and when."""
