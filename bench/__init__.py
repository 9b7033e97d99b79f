"""Benchmarks.

Every figure that is published can be repeated from here, each with a ceiling measured in the same run.
"""
