"""What a gate needs from the outside, as Protocols: each has its implementation, and one fake for the unit tests."""
