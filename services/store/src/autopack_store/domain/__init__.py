"""What the store promises, as pure values and rules."""
