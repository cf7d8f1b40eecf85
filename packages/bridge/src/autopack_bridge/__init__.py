"""Results in the old shape: loose JSON dictionaries, mapped to the contract whole or refused pointer by pointer."""
