"""Where rules that others wrote are found by the name that the config gives. The core only looks them up.

The shells import and register what the config names as module:object, before anything is decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

Rule = TypeVar("Rule")


class Registry(Generic[Rule]):
    """The rules of one kind, by name."""

    def __init__(self, kind: str, known: Mapping[str, Rule]) -> None:
        self.kind = kind
        self._rules = dict(known)

    def register(self, name: str, rule: Rule) -> None:
        """Add a rule, or put another in its place."""
        self._rules[name] = rule

    def find(self, name: str) -> Rule:
        """The rule of that name. Raises: LookupError naming what there is."""
        try:
            return self._rules[name]
        except KeyError:
            known = ", ".join(sorted(self._rules))
            raise LookupError(
                f"no {self.kind} is called {name}; there are {known}, or give your own as module:object"
            ) from None
