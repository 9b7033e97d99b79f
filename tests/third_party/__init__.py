"""Other people's libraries check what a node serves."""
