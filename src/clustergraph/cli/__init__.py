"""The command line."""

from clustergraph.cli.main import main

__all__ = ["main"]
