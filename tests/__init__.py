"""Tests of the whole system; a feature's own stand in its folder."""
