"""The only place where ``autopack.results.v1`` messages become domain values and back.

Every reader validates, and raises InvalidValue with the path of the field that it refuses.
"""
