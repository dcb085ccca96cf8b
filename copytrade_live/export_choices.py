"""What can be exported, and how: words of the command line, which starts faster without what does the work."""

from __future__ import annotations

from enum import StrEnum


class Subject(StrEnum):
    """What is exported."""

    JOURNAL = "journal"
    DECISIONS = "decisions"
    FILLS = "fills"
    COPIES = "copies"
    ACCOUNTING = "accounting"


class Format(StrEnum):
    """How it is written."""

    JSONL = "jsonl"
    CSV = "csv"
