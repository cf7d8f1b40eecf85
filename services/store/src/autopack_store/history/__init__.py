"""How tests did over the suite runs of a repository."""
