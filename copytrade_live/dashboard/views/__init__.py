"""What the pages show, made of a moment and the replica: functions from what is known to what is given."""
