"""The columnar side of a release: its statements as arrays of numbers, and queries over them."""
