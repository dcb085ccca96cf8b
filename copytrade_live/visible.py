"""Text of strangers as it may be shown: market titles, outcomes and names can hold anything.

What moves the cursor, colours, ends a line or turns the reading direction is written as its escape, and length ends.
"""

from __future__ import annotations

import re

LONGEST = 500
# Controls of both tables, what joins or hides, and what turns the reading direction; line ends are among them.
_HOSTILE = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")


def visible(text: str, *, longest: int = LONGEST) -> str:
    """One line that shows what is in it and does nothing."""
    if len(text) > longest:
        text = f"{text[:longest]}…"
    return _HOSTILE.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return {9: "\\t", 10: "\\n", 13: "\\r"}.get(code) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
