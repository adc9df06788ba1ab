"""Tables of others as statements: files, cells, profiles."""
