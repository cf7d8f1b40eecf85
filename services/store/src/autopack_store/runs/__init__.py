"""Runs, their attempts, and what the attempts rest on."""
