"""Logging in and out."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from copytrade_live.dashboard.schemas.model import At, Model

ApiKey = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Role(StrEnum):
    """What a session may do: look; operate; everything."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    @property
    def power(self) -> int:
        """Higher may do more."""
        return list(Role).index(self)


class Login(Model):
    """An API key, to be exchanged for a session."""

    api_key: ApiKey


class SessionView(Model):
    """Who is logged in. csrf goes with every change as the header X-CSRF-Token; ends_at is the latest end."""

    user: str
    role: Role
    csrf: str
    ends_at: At
    idle_minutes: float
