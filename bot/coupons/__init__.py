"""优惠券: templates, what is issued of them, how a coupon is used, given on, and comes back."""
