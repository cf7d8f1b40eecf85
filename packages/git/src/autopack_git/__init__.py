"""The git room: everything the executor does with a repository, through the git program."""
