"""Everything that Autopack does with a repository, through the git program."""
