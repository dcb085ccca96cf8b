"""Data contracts that Great Expectations checks before scores may be published."""
