"""Keys, signing and the client library."""
