"""A knowledge graph of European clusters, with the service that answers questions about it."""

__version__ = "0.1.0"
