"""The law of holdings, by subject: accounts, units."""
