"""The business: one folder a capability, each importing only what stands below it."""
