"""Strangers' bytes: what reads them, what must hold whatever they are, and two ways to think some up.

`make fuzz` lets atheris look for what breaks, guided by what was run; the tests try a few hundred thoughts each.
"""
