"""积分商城: what points are exchanged for, the orders that come of it, and points paid out as money."""
