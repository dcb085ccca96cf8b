"""PnL by what made it."""

from __future__ import annotations

from copytrade_live.clock import to_iso
from copytrade_live.core.portfolio import Position
from copytrade_live.core.pricing import from_micro
from copytrade_live.dashboard.moment import Moment
from copytrade_live.dashboard.schemas.money import Pnl, PnlBy, PnlRow

COLUMNS = {PnlBy.LEADER: "wallet", PnlBy.CATEGORY: "category", PnlBy.DAY: "day"}


def pnl(seen: Moment, by: PnlBy, closed: list[tuple[str, float, int, int]]) -> Pnl:
    """Ended copies, and what is open now. Shape: closed as key, PnL, copies, wins."""
    found = {
        key: PnlRow(key=key, realised=realised, unrealised=0.0, copies=many, wins=wins)
        for key, realised, many, wins in closed
    }
    today = to_iso(seen.now)[:10]
    for position in seen.state.portfolio.positions.values():
        key = _key(position, by, today)
        row = found.get(key) or PnlRow(key=key, realised=0.0, unrealised=0.0, copies=0, wins=0)
        found[key] = row.model_copy(
            update={
                "realised": row.realised + from_micro(position.realised),
                "unrealised": row.unrealised + position.unrealised,
            }
        )
    rows = list(found.values())
    if by is PnlBy.DAY:
        rows.sort(key=lambda row: row.key)
    else:
        rows.sort(key=lambda row: (-abs(row.realised + row.unrealised), row.key))
    return Pnl(by=by, rows=rows, is_complete=not seen.is_catching_up)


def _key(position: Position, by: PnlBy, today: str) -> str:
    match by:
        case PnlBy.LEADER:
            return position.wallet
        case PnlBy.CATEGORY:
            return position.market.category
        case PnlBy.DAY:
            return today
