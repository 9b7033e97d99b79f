"""Plain Python twins of the Rust kernels: the same functions, to be read, and compared with them in tests."""
