"""Live execution: orders signed, committed, sent once, watched to their proven end, and compared with the venue."""
