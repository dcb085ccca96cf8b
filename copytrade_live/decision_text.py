"""Lines of the decision log as sentences for people."""

from __future__ import annotations

from collections.abc import Mapping

Line = Mapping[str, object]


def decision_text(line: Line) -> str:
    """One decision in one readable line."""
    event = str(line["event"])
    said = _SENTENCES.get(event, _anything)(line)
    signal = f"  [{str(line['signal_id'])[:8]}]" if line.get("signal_id") else ""
    return f"{str(line['ts'])[:19]}Z  {event:<20}  {said}{signal}"


def _copied(line: Line) -> str:
    probation = ", on probation" if line.get("is_probation") else ""
    return (
        f"{_who(line)} {_what(line)}: {_number(line, 'size')} shares up to {_number(line, 'price')} "
        f"(p_pos {_number(line, 'p_pos')}, edge {_number(line, 'edge')}{probation})"
    )


def _rejected(line: Line) -> str:
    return f"{_who(line)} {_what(line)}: {line['reason']}{_measure(line)}"


def _exit(line: Line) -> str:
    what = f"{_number(line, 'size')} shares of {_short(line, 'token_id')}"
    if "payout" in line:
        return f"{what}: {line['reason']} at {_number(line, 'payout')}, cash {_number(line, 'cash')}"
    return f"{what} from {_number(line, 'price')}: {line['reason']}{_measure(line)}"


def _filled(line: Line) -> str:
    return (
        f"{line['side']} {_number(line, 'size')} at {_number(line, 'price')}, cash {_number(line, 'cash')}, "
        f"fee {_number(line, 'fee')}"
    )


def _closed(line: Line) -> str:
    return f"{_who(line)} copy of {_short(line, 'token_id')}: PnL {_number(line, 'pnl')}"


def _anything(line: Line) -> str:
    shown = (
        "wallet",
        "token_id",
        "order_id",
        "reason",
        "measured",
        "limit",
        "size",
        "price",
        "attempt",
        "rest",
        "condition_id",
        "cash",
    )
    parts = [f"{name} {_cell(line[name])}" for name in shown if line.get(name) is not None]
    return ", ".join(parts)


_SENTENCES = {"copied": _copied, "rejected": _rejected, "exit": _exit, "filled": _filled, "closed": _closed}


def _who(line: Line) -> str:
    return _short(line, "wallet")


def _what(line: Line) -> str:
    outcome = line.get("outcome") or _short(line, "token_id")
    return f"{line.get('side', '')} {outcome} at {_number(line, 'leader_price')}"


def _measure(line: Line) -> str:
    if line.get("measured") is None:
        return ""
    limit = "" if line.get("limit") is None else f", limit {_number(line, 'limit')}"
    return f" (was {_number(line, 'measured')}{limit})"


def _number(line: Line, name: str) -> str:
    return _cell(line.get(name))


def _short(line: Line, name: str) -> str:
    return _cell(str(line.get(name, "")))


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case float():
            return f"{value:.4f}".rstrip("0").rstrip(".")
        case str() if len(value) > 20:
            return f"{value[:8]}…{value[-4:]}"
        case _:
            return str(value)
