"""Side-by-side measurements, each a ratio against a named limit or peer in one run."""
