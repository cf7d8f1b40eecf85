"""Removing what is old, and reading back everything that is stored."""
