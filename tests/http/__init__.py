"""The node over HTTP: in process through ASGI, and as a process of its own."""
