"""粉丝: an OpenID that follows, or once followed, one account."""
