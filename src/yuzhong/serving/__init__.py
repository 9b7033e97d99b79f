"""What is needed to reach the ledger from outside, whatever the features: records as JSON, checkpoints, proof files."""
