"""The one place where secrets are made."""

from __future__ import annotations

import hashlib
import secrets  # noqa: TID251 - this is the one place

# Bytes: 256 bits.
_STRENGTH = 32
KEY_PREFIX = "ctk_"


def make_token() -> str:
    """A random text of 256 bits, safe in a header and a URL."""
    return secrets.token_urlsafe(_STRENGTH)


def make_key() -> str:
    """A new API key."""
    return KEY_PREFIX + make_token()


def csrf_of(token: str) -> str:
    """What a page proves a session with; it follows from the session's token, and the token not from it."""
    return digest(f"csrf {token}")


def digest(token: str) -> str:
    """What is kept of a token: whoever reads it cannot use it. Enough for what is random, never for a password."""
    return hashlib.sha256(token.encode()).hexdigest()
