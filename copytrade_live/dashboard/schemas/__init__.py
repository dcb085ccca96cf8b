"""What the dashboard's API takes and gives. Times are milliseconds since 1970 UTC, as in the core, and end in _at."""
