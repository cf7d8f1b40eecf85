"""Patches: read strictly, mended where it is allowed, applied exactly."""
