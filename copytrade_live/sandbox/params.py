"""Query parameters: snake or camel case, repeated or comma separated, numbers within limits."""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.requests import Request

from copytrade_live.sandbox.answers import Refusal

_HUMP = re.compile(r"(?<!^)(?=[A-Z])")
_WALLET = re.compile(r"0x[0-9a-fA-F]{40}")


class Params:
    """One request's query, read by snake case names."""

    def __init__(self, items: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in items:
            self._values.setdefault(_HUMP.sub("_", name).lower(), []).append(value)

    @classmethod
    def of(cls, request: Request) -> Params:
        """The query of a request."""
        return cls(request.query_params.multi_items())

    def has(self, *names: str) -> bool:
        """Whether any of these was given."""
        return any(name in self._values for name in names)

    def text(self, name: str, default: str = "") -> str:
        """The last value given, stripped."""
        return self._values.get(name, [default])[-1].strip()

    def many(self, *names: str) -> list[str]:
        """All values under any of these names, commas split, empty ones dropped."""
        given = (value for name in names for value in self._values.get(name, []))
        return [part.strip() for value in given for part in value.split(",") if part.strip()]

    def flag(self, name: str, default: bool | None) -> bool | None:
        """true or false. Raises: Refusal."""
        value = self.text(name).lower()
        if value in ("true", "1", "false", "0"):
            return value in ("true", "1")
        if value:
            raise Refusal(400, f"invalid {name}: must be true or false, was {value!r}", parameter=name)
        return default

    def whole(self, name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
        """A whole number, clamped to most. Raises: Refusal."""
        value = self.text(name)
        if not value:
            return default
        if not value.isdecimal() or int(value) < least:
            raise Refusal(400, f"invalid {name}: must be a whole number from {least}, was {value!r}", parameter=name)
        return int(value) if most is None else min(int(value), most)

    def number(self, name: str, default: float) -> float:
        """A number. Raises: Refusal."""
        value = self.text(name)
        try:
            return float(value) if value else default
        except ValueError:
            raise Refusal(400, f"invalid {name}: must be a number, was {value!r}", parameter=name) from None

    def seconds(self, name: str) -> int | None:
        """Unix seconds, None when absent. Raises: Refusal."""
        return self.whole(name, 0) if self.text(name) else None

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        """One of some words, in the letters of allowed. Raises: Refusal."""
        value = self.text(name, default)
        for word in allowed:
            if value.lower() == word.lower():
                return word
        raise Refusal(400, f"invalid {name}: must be one of {', '.join(allowed)}, was {value!r}", parameter=name)

    def wallet(self, name: str = "user") -> str | None:
        """A wallet in lower case, None when absent. Raises: Refusal."""
        value = self.text(name)
        if value and not _WALLET.fullmatch(value):
            raise Refusal(400, f"invalid {name}: must be a 0x address of 40 hex digits, was {value!r}", parameter=name)
        return value.lower() or None

    def required_wallet(self) -> str:
        """The user parameter in lower case. Raises: Refusal when absent."""
        wallet = self.wallet()
        if wallet is None:
            raise Refusal(400, "required query param 'user' not provided", parameter="user")
        return wallet
