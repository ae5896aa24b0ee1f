"""Benchmarks: `python -m tests.bench webhook`; what they showed is in `docs/benchmarks.md`."""
