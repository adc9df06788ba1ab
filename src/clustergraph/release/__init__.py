"""Releases of the graph: written once and never changed, and what follows from them."""
