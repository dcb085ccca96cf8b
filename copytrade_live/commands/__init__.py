"""The live half's verbs, one module a group; each imports what it needs only when it is called."""
