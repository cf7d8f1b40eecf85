"""What ``autopack gate`` is made of: the request, sending a repository, watching the run, failures from outside."""
