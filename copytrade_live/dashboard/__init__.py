"""The operator's page: a process of its own that reads the journal's replica and leaves commands, and holds no key."""
