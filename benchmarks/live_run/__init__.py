"""Proves that live trading holds what it promises: real processes, real signatures, a venue that misbehaves."""
