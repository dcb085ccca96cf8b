"""Tells people outside what happens: a process of its own that only reads, so that no decision ever waits for it."""
