"""The only opt-in to a schema that is made or upgraded at a start, for development and tests."""

BOOTSTRAP = "AUTOPACK_DB_BOOTSTRAP"
BOOTSTRAP_ALIAS = "DB_BOOTSTRAP_ENABLED"
