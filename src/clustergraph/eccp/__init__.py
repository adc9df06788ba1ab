"""The package for the European Cluster Collaboration Platform, and what clusters send back."""
