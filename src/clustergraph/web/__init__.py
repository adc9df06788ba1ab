"""The service over HTTP: queries, a page for every IRI, and what is in here."""
