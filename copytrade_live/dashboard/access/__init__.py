"""Who may do what: API keys, sessions, policies, and the walls around every request."""
