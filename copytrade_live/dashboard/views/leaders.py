"""Whom we follow and could follow, how good they are, what their copies came to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from copytrade_live.core.portfolio import LeaderRecord, Position
from copytrade_live.core.pricing import from_micro
from copytrade_live.core.score import OVERALL, ScoreSnapshot, TraderScore, best_wallets
from copytrade_live.dashboard.moment import Moment
from copytrade_live.dashboard.schemas.leaders import LeaderRow, Leaders, ScoreRow
from copytrade_live.dashboard.views.links import snapshot_run_url
from copytrade_live.dashboard.views.refusals import refusal
from copytrade_live.settings import Home
from copytrade_live.situation import leader_refusals


def leaders(home: Home, seen: Moment, realised: Mapping[str, float], limit: int) -> Leaders:
    """The snapshot that the runner decides by, best first; realised is PnL of ended copies by wallet."""
    snapshot = seen.state.standing.snapshot
    if snapshot is None:
        return Leaders(snapshot_id=None, as_of_at=None, dagster_run_url=None, total=0, items=[])
    best = best_wallets(snapshot, limit)
    return Leaders(
        snapshot_id=snapshot.snapshot_id,
        as_of_at=snapshot.as_of,
        dagster_run_url=snapshot_run_url(home, seen.file.dashboard, snapshot.snapshot_id),
        total=len(snapshot.rows),
        items=rows_of(seen, snapshot, best, realised),
    )


def place_of(snapshot: ScoreSnapshot, wallet: str) -> int | None:
    """Which place a wallet has, counted from 1; None where it has no overall score."""
    if snapshot.score_of(wallet, OVERALL) is None:
        return None
    return best_wallets(snapshot, len(snapshot.rows)).index(wallet) + 1


def rows_of(
    seen: Moment, snapshot: ScoreSnapshot, best: list[str], realised: Mapping[str, float], first_place: int = 1
) -> list[LeaderRow]:
    """A row for each of these wallets that has a score."""
    tracker = seen.file.tracker
    followed = {*tracker.leaders, *best_wallets(snapshot, tracker.follow_top)}
    held: dict[str, list[Position]] = {}
    for position in seen.state.portfolio.positions.values():
        held.setdefault(position.wallet, []).append(position)
    found = []
    for place, wallet in enumerate(best, start=first_place):
        score = snapshot.score_of(wallet, OVERALL)
        if score is not None:
            found.append(_row(seen, place, score, wallet in followed, held.get(wallet, ()), realised.get(wallet, 0.0)))
    return found


def _row(
    seen: Moment, place: int, score: TraderScore, is_followed: bool, held: Iterable[Position], realised: float
) -> LeaderRow:
    state, config, wallet = seen.state, seen.decided_by, score.wallet
    record = state.portfolio.records.get(wallet, LeaderRecord())
    refused = [refusal(one) for one in leader_refusals(score, config, state)]
    open_ones = list(held)
    return LeaderRow(
        place=place,
        wallet=wallet,
        score=score_row(score),
        is_followed=is_followed,
        copied="no" if refused else "probation" if score.n_events < config.score.min_events else "yes",
        refusals=refused,
        cut_off=wallet in state.standing.cut_off,
        copies=record.copies,
        open_positions=len(open_ones),
        loss_streak=record.streak,
        shortfall=record.shortfall_at(seen.now, config.risk.leader_record_half_life_days),
        exposure=state.portfolio.leader_exposure(wallet),
        realised_pnl=realised + from_micro(sum(one.realised for one in open_ones)),
        unrealised_pnl=sum(one.unrealised for one in open_ones),
    )


def score_row(score: TraderScore) -> ScoreRow:
    """A score as it is given."""
    return ScoreRow(
        category=score.category,
        as_of_at=score.as_of,
        rank=score.rank,
        p_pos=score.p_pos,
        lcb10=score.lcb10,
        edge_mean=score.edge_mean,
        edge_sd=score.edge_sd,
        n_events=score.n_events,
        n_eff=score.n_eff,
        coverage=score.coverage,
        copy_cost_mean=score.copy_cost_mean,
        maker_share=score.maker_share,
        q_value=score.q_value,
        breakeven_latency_seconds=score.breakeven_latency,
        capacity=score.capacity,
        flags=list(score.flags),
        reasons=list(score.reasons),
    )
