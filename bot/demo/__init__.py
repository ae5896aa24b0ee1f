"""A travel group to try things on, and a story told through it."""
