"""To the old shape: the body of an auditor result, the client of an old server, and the one fallback between them."""
