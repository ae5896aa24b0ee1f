"""Coupons: templates, giving them out, what members have, and what it came to."""

from admin.coupons import designing, figures, giving, handing_out, listing, uses
from admin.coupons.blueprint import pages

__all__ = ["designing", "figures", "giving", "handing_out", "listing", "pages", "uses"]
