"""The tables, by noun. They are made by the migrations alone; this is what queries are written against.

Whoever imports one of the modules has all tables in ``metadata``.
"""

from autopack_store.schema.tables import decisions, evidence, runs, upkeep

__all__ = ["decisions", "evidence", "runs", "upkeep"]
