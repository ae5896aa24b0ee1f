"""An hour at half of what the machine can do, with everything travellers do: does anything grow that should not?

`python -m tests.soak`; what is judged is said in `verdict`, what is driven in `journeys`.
"""
