"""Named points before and after every write and send, where a test may kill the process or break what is done.

Off, a point costs one look at a global. What a test arms is called with the point and a detail (which event is
written, which order is sent) and may end the process or raise. Nothing in the product ever arms one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum


class Failpoint(StrEnum):
    """Where a run may end. The value is what a test names."""

    JOURNAL_BEFORE_WRITE = "journal.before_write"
    JOURNAL_BEFORE_COMMIT = "journal.before_commit"
    JOURNAL_AFTER_COMMIT = "journal.after_commit"
    CHECKPOINT_BEFORE_WRITE = "checkpoint.before_write"
    CHECKPOINT_BEFORE_COMMIT = "checkpoint.before_commit"
    CHECKPOINT_AFTER_COMMIT = "checkpoint.after_commit"
    FILE_BEFORE_WRITE = "file.before_write"
    FILE_BEFORE_MOVE = "file.before_move"
    FILE_AFTER_MOVE = "file.after_move"
    DECISIONS_BEFORE_WRITE = "decisions.before_write"
    DECISIONS_AFTER_WRITE = "decisions.after_write"
    SIGN_BEFORE = "sign.before"
    SIGN_AFTER = "sign.after"
    POST_BEFORE = "post.before"
    POST_AFTER = "post.after"
    CANCEL_BEFORE = "cancel.before"
    CANCEL_AFTER = "cancel.after"
    LOOK_BEFORE = "look.before"
    LOOK_AFTER = "look.after"
    ACCOUNT_BEFORE = "account.before"
    ACCOUNT_AFTER = "account.after"
    REDEEM_BEFORE = "redeem.before"
    REDEEM_AFTER = "redeem.after"


Hook = Callable[[Failpoint, str], None]

_hook: Hook | None = None


def reach(point: Failpoint, detail: str = "") -> None:
    """Pass a point."""
    if _hook is not None:
        _hook(point, detail)


@contextmanager
def armed(hook: Hook) -> Iterator[None]:
    """Have a hook called at every point, for as long as the context lasts."""
    global _hook
    before, _hook = _hook, hook
    try:
        yield
    finally:
        _hook = before
