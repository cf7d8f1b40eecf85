"""The database: tables, engine, guardrail, and the ports' implementations in SQL."""
