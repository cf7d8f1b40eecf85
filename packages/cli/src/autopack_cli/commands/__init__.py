"""A module for each command: what it does between its options and its exit code."""
