"""The shell around the machine: storage, clock, threads, ownership of a data folder.

Nothing here decides an outcome.
"""
