"""Which files of a tree belong to its tests though neither their names nor their places say so (decision 32)."""
