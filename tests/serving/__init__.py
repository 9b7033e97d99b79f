"""Checkpoints, proof files, records as plain values."""
