"""The machine: deterministic, without clock, network, files or floats. Start reading at `transition.py`."""
