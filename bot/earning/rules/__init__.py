"""Earning rules as data, and their evaluation: facts in, points and the reason out; no input, no output.

`book` says what rules are, `reading` makes them of JSON or says what is wrong,
`evaluating` judges a member's day by them, `words` says the outcome in Chinese.
"""
