"""The report card: freezes scores, waits, and measures what a copier would have earned."""
