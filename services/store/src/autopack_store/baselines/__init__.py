"""Which evidence is the baseline of a key."""
