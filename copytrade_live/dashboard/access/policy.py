"""Which role a route asks for. Every route names exactly one policy, and a test walks them all."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from fastapi import Request

from copytrade_live.dashboard.access.sessions import Session, SessionStore
from copytrade_live.dashboard.problems import Refused
from copytrade_live.dashboard.schemas.session import Role

CSRF_HEADER = "X-CSRF-Token"
_SAFE_METHODS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Policy:
    """Asks for a session of a role or more; for whatever is not merely read, for its CSRF token too."""

    least: Role

    async def __call__(self, request: Request) -> Session:
        """The session that may. Raises: Refused."""
        session = session_of(request)
        if session is None:
            raise Refused(401, "not_logged_in", "Log in with an API key: copytrade dashboard key makes one.")
        if session.role.power < self.least.power:
            raise Refused(
                403, "role_too_low", f"This needs the role {self.least.value}; yours is {session.role.value}."
            )
        if request.method not in _SAFE_METHODS:
            given = request.headers.get(CSRF_HEADER, "")
            if not hmac.compare_digest(given.encode(), session.csrf.encode()):
                raise Refused(403, "csrf", f"The header {CSRF_HEADER} must carry the session's token.")
        return session


@dataclass(frozen=True, slots=True)
class OpenToAll:
    """Asks for nothing: only for logging in, saying that the process lives, and the page itself."""

    async def __call__(self) -> None:
        """Anyone may."""


OPEN = OpenToAll()
VIEW = Policy(Role.VIEWER)
OPERATE = Policy(Role.OPERATOR)
ADMINISTER = Policy(Role.ADMIN)


def cookie_name(behind_tls: bool) -> str:
    """What the cookie is called; the prefix binds it to this host and to TLS."""
    return "__Host-copytrade_session" if behind_tls else "copytrade_session"


def session_of(request: Request) -> Session | None:
    """The session of a request's cookie, None when there is none that counts."""
    sessions: SessionStore = request.app.state.desk.sessions
    behind_tls: bool = request.app.state.desk.config.dashboard.behind_tls
    return sessions.find(request.cookies.get(cookie_name(behind_tls), ""))
