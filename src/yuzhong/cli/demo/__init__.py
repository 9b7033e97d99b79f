"""The demo: a market opens, trades and is proved, with the machine's own means and nothing beside them."""
