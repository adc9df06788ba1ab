"""The graph in the forms that others take: packages for platforms, dumps, and what has changed."""
