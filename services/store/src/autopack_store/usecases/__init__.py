"""One module per RPC, named as it. Each takes ports and returns domain values."""
