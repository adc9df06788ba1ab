"""From source files, dumps and writes to a release that is current."""
