"""What is held and traded: cash and listed instruments, terms, sessions and rule profiles. Rulebook: README.md."""
