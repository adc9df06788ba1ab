"""Validation of any graph against SHACL shapes, with findings that a person can act on."""
