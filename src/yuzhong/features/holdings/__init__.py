"""Who holds what: accounts and positions, and every movement of units. Rulebook: README.md."""
