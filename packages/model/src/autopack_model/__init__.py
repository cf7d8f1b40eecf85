"""The shared nouns of Autopack: what a suite run showed, and what was decided about it.

This package is the domain form of the ``autopack.results.v1`` contract. Everything but ``wire`` is pure: no IO, no
clock, no environment, no protobuf.
"""
