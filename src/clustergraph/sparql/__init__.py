"""SPARQL as text: what a query or update says, before any engine sees it."""
