"""Which things of different sources are the same: proposed, compared, decided by people, and kept apart."""
