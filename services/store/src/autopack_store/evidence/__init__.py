"""Suite runs by their digest, the lists of test ids that they share, and uploads that are under way."""
