"""Benchmarks: each module is one command that prints what it compared."""
