"""Yuzhong: a regulated digital-assets exchange on a ledger that a city's agencies keep together."""
