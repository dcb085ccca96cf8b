"""dataclasses.replace at a fifth of its price: every event that is folded copies two or three records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # The same name, so that the types of the changes are checked.
    from dataclasses import replace as replace
else:

    def replace(value: Any, /, **changes: Any) -> Any:
        """A copy of a record with some of its fields changed. Records that check themselves are not checked again."""
        return _copier_of(value.__class__)(value, changes)


@cache
def _copier_of(kind: Any) -> Callable[[Any, dict[str, Any]], Any]:
    """A function that copies the slots of a kind one by one, written out as dataclasses write an __init__."""
    names = [item.name for item in fields(kind)]
    setters = {name: getattr(kind, name).__set__ for name in names}
    lines = [
        "def copy(value, changes):",
        " made = new(kind)",
        *(f" set_{name}(made, value.{name})" for name in names),
        " for name in changes:",
        "  setters[name](made, changes[name])",
        " return made",
    ]
    known = {"new": object.__new__, "kind": kind, "setters": setters}
    known |= {f"set_{name}": setter for name, setter in setters.items()}
    exec("\n".join(lines), known)  # noqa: S102 - names of fields only
    copier: Callable[[Any, dict[str, Any]], Any] = known["copy"]
    return copier
