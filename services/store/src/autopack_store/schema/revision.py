"""The revisions of the schema that this store knows, so that a start need not load the migrations.

A test compares them with the chain in ``migrations``.
"""

REVISIONS = ("0001",)
"""Oldest first. The last one is the one that this store works with."""

HEAD = REVISIONS[-1]

VERSION_TABLE = "alembic_version"
