"""A patch that somebody announces: its value and its messages."""
