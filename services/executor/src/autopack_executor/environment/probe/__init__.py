"""Scripts that run in the target's interpreter: standard library only, Python 3.8 or newer."""
