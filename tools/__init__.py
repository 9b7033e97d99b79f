"""Scripts behind `make`: each checks or generates one thing and is run as `python -m tools.NAME`."""
