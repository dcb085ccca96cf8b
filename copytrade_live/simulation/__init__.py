"""Deterministic simulation: the real runner in virtual time, on a venue that misbehaves by seed, checked as it goes."""
