"""How connections behave, whatever the database, and what all tables have in common."""
