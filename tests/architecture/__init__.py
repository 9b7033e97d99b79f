"""Tests of the house itself: its layers, its determinism, its sizes, its documents."""
