"""What was measured of each wallet, from sums of its events that add up and decay, so that scoring can be incremental.

An event measures the wallet's latent pair (a, r): how far the mid moves its way after we would have bought, and how far
the outcome goes beyond that mid. Both are taken before the fee and against the copier's price, so that

    g = a + fee = later mid - copy price        expects  alpha + b
    r = payout - later mid                      expects  rho
    o + fee     = payout - copy price           expects  alpha + rho + b   (an event without a later mid)

b, the baseline, is what an unskilled wallet's copies lose to spread and slippage; it is fitted as the location of g
over all wallets (nearly all are unskilled), and the fee is known for each event, so neither is learnt per wallet.

Weights. A price that is a probability moves by a martingale, and what it has still to move is p(1 - p); so the noise of
g is kappa * p(1 - p), that of r is m(1 - m), and events are weighed by the inverse (not below p = 0.05, beyond which an
edge cannot be as wide). kappa is pooled, then moderated for each wallet as far as the wallets' own variances differ
more than chance lets them (Smyth 2004).

Reversion. Where mids are noisy rather than news, what they overshoot comes back in r: cov(a, r) = -nu var(a) within
wallets, nu = 0 for efficient mids. nu is the pooled within-wallet slope; r + nu g is then independent of g.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

# A price nearer to 0 or 1 than this weighs like this one.
EDGE_PRICE = 0.05
LEAST_SPREAD = EDGE_PRICE * (1.0 - EDGE_PRICE)
# Before anything was seen: sd 0.05 at a price of one half, and efficient mids. Each prior counts as so many events.
UNKNOWN_KAPPA, KAPPA_EVENTS = 0.01, 10.0
REVERSION_RIDGE = 4.0
LEAST_POOL, MOST_POOL = 4.0, 100.0
# A wallet's own events are joined by so many in saying how heavy the tails of g are.
TAIL_EVENTS = 4.0
# The baseline: how much wallets differ in it, and how many wallets the expected slippage counts as.
BASELINE_SD, BASELINE_WALLETS = 0.01, 3.0
# Events that the average fee counts as beside a wallet's own.
FEE_EVENTS = 3.0
IMPUTED_INFLATION = 0.5
LEAST_VARIANCE = 1e-8
# Names end in the power of the decay weight: ww and wwv are sums of squares, n counts, the rest is linear.
SUMS = (
    *("a_n", "r_n", "o_n", "c_w", "c_ww", "imputed_w", "extra_w", "fee_w"),
    *("g_w", "g_wx", "g_wxx", "g_wv", "g_wwv"),
    *("s_w", "s_wx", "s_wwv", "s_wg", "s_wgg", "s_wgx"),
    *("h_w", "h_wx", "h_wwv"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scales:
    """What all wallets share: noise of g per p(1 - p), events the pool counts as, nu, b with its variance, the fee."""

    kappa: float
    pool_events: float
    reversion: float
    baseline: float
    baseline_variance: float
    fee: float


@dataclass(frozen=True, slots=True)
class Signals:
    """Measured values and their precisions, 0 where unseen. Shape: (wallets, 3) in the order g, r + nu g, o + fee.

    freedom is how many events speak for the noise of g, cost what a wallet's copies lose to baseline and fee, dollars
    per share.
    """

    value: np.ndarray
    precision: np.ndarray
    freedom: np.ndarray
    cost: np.ndarray

    def __len__(self) -> int:
        return len(self.cost)

    def take(self, rows: np.ndarray | slice) -> Signals:
        """Some of the wallets."""
        return Signals(self.value[rows], self.precision[rows], self.freedom[rows], self.cost[rows])


def sum_signals(events: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """SUMS of events, one row a group.

    Shape: events with a, r, o, price_var, r_var, o_var, fee, extra, imputed and weight as averaged by event; NaN where
    a part is not known.
    """
    weight, fee = events["weight"], events["fee"]
    has_a, has_r, has_o = (events[part].notna() for part in ("a", "r", "o"))
    g, r, o = (events["a"] + fee).fillna(0.0), events["r"].fillna(0.0), (events["o"] + fee).fillna(0.0)
    price_var, r_var, o_var = (events[name].fillna(0.0) for name in ("price_var", "r_var", "o_var"))
    at_g = (weight / price_var.clip(lower=LEAST_SPREAD)).where(has_a, 0.0)
    at_r = (weight / r_var.clip(lower=LEAST_SPREAD)).where(has_r, 0.0)
    at_o = (weight / o_var.clip(lower=LEAST_SPREAD)).where(has_o, 0.0)
    sums = {
        "a_n": has_a.astype(float), "r_n": has_r.astype(float), "o_n": has_o.astype(float),
        "c_w": weight, "c_ww": weight**2, "imputed_w": weight * events["imputed"],
        "extra_w": weight * events["extra"], "fee_w": weight * fee,
        "g_w": at_g, "g_wx": at_g * g, "g_wxx": at_g * g**2, "g_wv": at_g * price_var, "g_wwv": at_g**2 * price_var,
        "s_w": at_r, "s_wx": at_r * r, "s_wwv": at_r**2 * r_var,
        "s_wg": at_r * g, "s_wgg": at_r * g**2, "s_wgx": at_r * g * r,
        "h_w": at_o, "h_wx": at_o * o, "h_wwv": at_o**2 * o_var,
    }  # fmt: skip
    return pd.DataFrame(sums).groupby([events[name] for name in by]).sum()[list(SUMS)]


def fit_scales(sums: pd.DataFrame) -> Scales:
    """Fit what all wallets share; with few events the priors above speak."""
    spread, freedom = _spread(sums)
    kappa = (spread.sum() + KAPPA_EVENTS * UNKNOWN_KAPPA) / (freedom.sum() + KAPPA_EVENTS)
    pool_events = _pool_events(spread, freedom, kappa)
    wallets = sums["g_w"] > 0.0
    noise = _noise_of_g(sums[wallets], kappa, pool_events)
    trusted = 1.0 / (noise + BASELINE_SD**2)
    seen = sums["c_w"].sum()
    fee = float(sums["fee_w"].sum() / seen) if seen > 0.0 else 0.0
    slippage = float(sums["extra_w"].sum() / seen) - fee if seen > 0.0 else 0.0
    values = np.append((sums["g_wx"] / sums["g_w"])[wallets].to_numpy(float), -slippage)
    trust = np.append(trusted, BASELINE_WALLETS / BASELINE_SD**2)
    return Scales(
        kappa=float(kappa),
        pool_events=pool_events,
        reversion=_reversion(sums),
        baseline=_median(values, trust),
        # A median is less sure than a mean by pi / 2.
        baseline_variance=float(np.pi / 2.0 / trust.sum()),
        fee=fee,
    )


def measure(sums: pd.DataFrame, scales: Scales) -> Signals:
    """What the sums of each row say."""
    base, nu = scales.baseline, scales.reversion
    at_g, at_r, at_o = (_seen(sums[name]) for name in ("g_w", "s_w", "h_w"))
    value = np.stack(
        (
            sums["g_wx"].to_numpy(float) / at_g - base,
            (sums["s_wx"].to_numpy(float) + nu * (sums["s_wg"].to_numpy(float) - base * at_r)) / at_r,
            sums["h_wx"].to_numpy(float) / at_o - base,
        ),
        axis=1,
    )
    imputed = 1.0 + IMPUTED_INFLATION * (sums["imputed_w"] / sums["c_w"].where(sums["c_w"] > 0.0)).fillna(0.0)
    variance = np.stack(
        (
            _noise_of_g(sums, scales.kappa, scales.pool_events) * imputed.to_numpy(float),
            max(0.5, 1.0 - nu**2 * scales.kappa) * sums["s_wwv"].to_numpy(float) / at_r**2,
            sums["h_wwv"].to_numpy(float) / at_o**2,
        ),
        axis=1,
    )
    is_seen = np.isfinite(value)
    precision = np.where(is_seen, 1.0 / np.maximum(np.where(is_seen, variance, 1.0), LEAST_VARIANCE), 0.0)
    fee = (sums["fee_w"] + FEE_EVENTS * scales.fee) / (sums["c_w"] + FEE_EVENTS)
    _, freedom = _spread(sums)
    return Signals(np.where(is_seen, value, 0.0), precision, freedom + TAIL_EVENTS, fee.to_numpy(float) - base)


def _seen(weight: pd.Series) -> np.ndarray:
    # NaN divides quietly where a part was never seen.
    values = weight.to_numpy(float)
    return np.where(values > 0.0, values, np.nan)


def _spread(sums: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    # Weighted squares of g about the wallet's mean, and what kappa is multiplied by to expect them.
    weight = _seen(sums["g_w"])
    squares = sums["g_wxx"].to_numpy(float) - sums["g_wx"].to_numpy(float) ** 2 / weight
    freedom = sums["g_wv"].to_numpy(float) - sums["g_wwv"].to_numpy(float) / weight
    has_two = (sums["a_n"].to_numpy(float) > 1.5) & (freedom > 0.0)
    return np.where(has_two, np.maximum(squares, 0.0), 0.0), np.where(has_two, freedom, 0.0)


def _pool_events(spread: np.ndarray, freedom: np.ndarray, kappa: float) -> float:
    # How much more the wallets' own variances differ than chance lets them says how little the pool is worth.
    own = freedom > 0.0
    if not own.any():
        return MOST_POOL
    ratio, weight = spread[own] / (freedom[own] * kappa), freedom[own]
    excess = float((weight * ((ratio - 1.0) ** 2 - 2.0 / weight)).sum() / weight.sum())
    return float(np.clip(2.0 / max(excess, 1e-9), LEAST_POOL, MOST_POOL))


def _noise_of_g(sums: pd.DataFrame, kappa: float, pool_events: float) -> np.ndarray:
    spread, freedom = _spread(sums)
    own = (spread + pool_events * kappa) / (freedom + pool_events)
    return np.asarray(own * sums["g_wwv"].to_numpy(float) / _seen(sums["g_w"]) ** 2)


def _reversion(sums: pd.DataFrame) -> float:
    weight = _seen(sums["s_w"])
    moves, rests = sums["s_wg"].to_numpy(float), sums["s_wx"].to_numpy(float)
    together = np.nansum(sums["s_wgx"].to_numpy(float) - moves * rests / weight)
    alone = np.nansum(sums["s_wgg"].to_numpy(float) - moves**2 / weight)
    return float(np.clip(-together / (alone + REVERSION_RIDGE), 0.0, 1.0))


def _median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2.0)])
