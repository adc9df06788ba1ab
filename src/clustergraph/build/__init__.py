"""From source files to a published release."""
