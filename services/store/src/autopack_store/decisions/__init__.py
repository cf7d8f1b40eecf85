"""The decision of an attempt."""
