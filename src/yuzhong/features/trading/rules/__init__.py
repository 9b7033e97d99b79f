"""The law of trading, a module for each transaction."""
