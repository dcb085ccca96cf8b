"""The reference's SQL sketch, run by DuckDB over the evidence, against the compiled loops."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pandas as pd

from copytrade_live.core.market import DAY
from copytrade_pipelines.scoring.kernels.events import SUMS
from copytrade_pipelines.scoring.observations import EPOCH, add_up, average, weights
from copytrade_pipelines.scoring.signals import LEAST_SPREAD

# One row a wallet and event, stakes capped; an event without a later mid counts by its outcome alone.
EVENTS = """
with capped as (
    select *, greatest(least(stake, $cap * median(stake) over (partition by wallet)), 1e-6) as w from episodes
),
events as (
    select wallet, event,
        sum(w * a) / sum(w) filter (where a is not null) as a,
        sum(w * r) / sum(w) filter (where r is not null) as r,
        sum(w * o) / sum(w) filter (where o is not null) as o,
        pow(sum(w * sqrt(r_var)) filter (where r is not null) / sum(w) filter (where r is not null), 2) as r_var,
        pow(sum(w * sqrt(o_var)) filter (where o is not null) / sum(w) filter (where o is not null), 2) as o_var,
        pow(sum(w * sqrt(o_var)) / sum(w), 2) as price_var,
        sum(w * imputed) / sum(w) as imputed, sum(w * extra) / sum(w) as extra, sum(w * fee) / sum(w) as fee,
        pow(2, (max(started_at) - $epoch) / $half_life) as u
    from capped group by wallet, event
)
select * replace (case when a is null then o end as o, case when a is null then o_var end as o_var)
from events where a is not null or o is not null
"""
PART = """
    count({x}) as {x}_n, sum(u) filter (where {x} is not null) as {x}_w,
    sum(u * u) filter (where {x} is not null) as {x}_ww, sum(u * {x}) as {x}_wx, sum(u * {x} * {x}) as {x}_wxx
"""
WALLETS = f"""
with events as ({EVENTS}),
trusted as (
    select *, a + fee as g, o + fee as h, case when a is not null then u / greatest(price_var, $least) end as tg,
        case when r is not null then u / greatest(r_var, $least) end as tr,
        case when o is not null then u / greatest(o_var, $least) end as th
    from events
)
select wallet, {PART.format(x="a")}, {PART.format(x="r")}, {PART.format(x="o")},
    sum(u * u * r_var) as r_wwv, sum(u * u * o_var) as o_wwv,
    sum(u * imputed) as imputed_w, sum(u * extra) as extra_w,
    sum(u) as c_w, sum(u * u) as c_ww, sum(u * fee) as fee_w,
    sum(tg) as g_w, sum(tg * g) as g_wx, sum(tg * g * g) as g_wxx, sum(tg * price_var) as g_wv,
    sum(tg * tg * price_var) as g_wwv,
    sum(tr) as s_w, sum(tr * r) as s_wx, sum(tr * tr * r_var) as s_wwv,
    sum(tr * g) as s_wg, sum(tr * g * g) as s_wgg, sum(tr * g * r) as s_wgx,
    sum(th) as h_w, sum(th * h) as h_wx, sum(th * th * o_var) as h_wwv
from trusted group by wallet order by wallet
"""


def test_sql_and_the_compiled_loops_give_the_same_sums(crowded: Any) -> None:
    for number in range(12):  # some end before a later mid exists, some share an event, some are not resolved
        crowded.fill("0xnoise01", crowded.market(f"quick{number}", event_id=f"quick-{number // 3}"), 0.3)
        crowded.fill("0xnoise01", f"quick{number}", 0.2, stake=900.0, when=1_750_000_000_000 + 3_600_000)
        if number % 2:
            crowded.resolve(f"quick{number}", float(number % 4 == 1), 1_750_000_000_000 + 7_200_000)
    collected = crowded.collected()
    frame, half_life = collected.built.frame, crowded.parameters.half_life_days
    names = ("wallet", "event", "started_at", "stake", "a", "r", "o", "r_var", "o_var", "fee")
    episodes = pd.DataFrame({name: getattr(frame, name) for name in names})
    episodes = episodes.assign(imputed=frame.imputed.astype(float), extra=frame.cost - frame.bought)
    with duckdb.connect() as con:
        con.register("episodes", episodes.astype(object).where(episodes.notna(), None).infer_objects())
        con.execute("create table kept as select * from episodes")
        found = con.execute(
            WALLETS.replace("from episodes", "from kept"),
            {
                "cap": crowded.parameters.stake_cap_multiple,
                "epoch": EPOCH * 1000,
                "half_life": half_life * DAY * 1000.0,
                "least": LEAST_SPREAD,
            },
        ).df()
    events = average(frame, crowded.parameters)
    sums = add_up(events, weights(events, half_life), len(frame.names.wallets), len(frame.names.categories))
    compiled = pd.DataFrame(sums.overall, columns=list(SUMS)).loc[found["wallet"]]
    shared = [name for name in SUMS if name in found and name != "a_wwv"]
    assert len(shared) > 30
    assert (compiled["o_n"] > 0).any()
    np.testing.assert_allclose(
        found[shared].fillna(0.0).to_numpy(float), compiled[shared].to_numpy(), rtol=1e-9, atol=1e-9
    )
