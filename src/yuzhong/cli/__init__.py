"""The command line: thin commands over node and client."""
