"""How the services speak: channels, servers, interceptors, errors, the contract's digest, and the embedded mode."""
