"""The compiled sweep: many configurations over one tape at the machine's pace, fill for fill what the driver gives."""
