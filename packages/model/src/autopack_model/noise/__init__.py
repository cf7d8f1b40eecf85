"""How steady the tests of one commit are."""
