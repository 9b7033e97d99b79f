"""The law of parties, by subject: admission and roles, keys, authorizations."""
