"""The store: remembers runs, evidence and decisions. It is the only one that touches a database."""
