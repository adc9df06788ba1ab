"""RDF as text: reading it, writing it, and where in a file a statement stands."""
