"""A value that does not show itself: in logs, errors, debuggers' printouts and JSON it is a mask."""

from __future__ import annotations

from typing import Generic, NoReturn, TypeVar

from copytrade_live.redaction import MASK

Value = TypeVar("Value", str, bytes)


class Secret(Generic[Value]):
    """Holds a secret; reveal is the one way out, so that every use can be found by its name."""

    __slots__ = ("_value",)

    def __init__(self, value: Value) -> None:
        self._value: Value = value

    def reveal(self) -> Value:
        """The secret itself. Never log, format or keep it."""
        return self._value

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is never pickled or copied; hand the Secret itself on, or reveal it where it is used")
