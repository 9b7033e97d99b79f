"""Recorded order flow, replayed through the ledger: every row becomes a signed transaction like anybody's."""
