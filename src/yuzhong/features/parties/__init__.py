"""Who takes part: organisations and people, their roles, their keys, and whom they authorize. Rulebook: README.md."""
