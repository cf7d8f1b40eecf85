"""The store's four services: messages in, use case, messages out."""
