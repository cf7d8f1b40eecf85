"""What ``autopack explain`` says: the explanation of a decision, and the commands that reproduce what fails."""
