"""The queries behind the anomaly checks; each returns odd rows, the oddest first, and scans a table once or twice."""

# Two weeks are the least to speak of a usual day, and only days that are over are compared. 1.4826 median deviations
# are a standard deviation; ten of them, on days of a whole market, are no luck.
DAILY_VOLUME = """
    WITH days AS (
        SELECT event_at::DATE AS day, sum(price * size) AS notional, count(*) AS fills
        FROM raw.fills WHERE event_at::DATE < (SELECT max(event_at)::DATE FROM raw.fills) GROUP BY 1
    ), usual AS (
        SELECT d.day, d.notional, d.fills, count(*) AS days, median(b.notional) AS median_notional,
            mad(b.notional) AS deviation
        FROM days AS d JOIN days AS b ON b.day BETWEEN d.day - 28 AND d.day - 1
        GROUP BY d.day, d.notional, d.fills
    )
    SELECT day, fills, notional, median_notional,
        (notional - median_notional) / greatest(1.4826 * deviation, 0.05 * median_notional, 1e-9) AS deviations
    FROM usual
    WHERE days >= 14
      AND abs(notional - median_notional) > 10 * greatest(1.4826 * deviation, 0.05 * median_notional, 1e-9)
    ORDER BY day DESC
"""

INGEST_LAG = """
    SELECT max(observed_at) AS newest, epoch_ms(CAST($now AS BIGINT)) AS now,
        (CAST($now AS BIGINT) - epoch_ms(max(observed_at))) / 3600000.0 AS hours
    FROM raw.fills HAVING hours > 6
"""

LATE_KNOWLEDGE = """
    SELECT fill_id, wallet, event_at, observed_at, source FROM raw.fills
    WHERE observed_at > event_at + INTERVAL 1 DAY ORDER BY observed_at - event_at DESC, fill_id
"""

PRICE_OFF_RANGE = """
    SELECT f.fill_id, f.wallet, f.condition_id, f.price, m.tick_size, f.event_at
    FROM raw.fills AS f JOIN raw.markets AS m USING (condition_id)
    -- a cash amount rounded to millionths moves a price by as much as a tick divided by the size
    WHERE f.price < least(m.tick_size, 0.001) - 1e-6 OR f.price > 1 - least(m.tick_size, 0.001) + 1e-6
    ORDER BY f.event_at DESC, f.fill_id
"""

ORPHAN_TOKENS = """
    SELECT f.condition_id, f.token_id, count(*) AS fills, sum(f.price * f.size) AS notional, min(f.source) AS source
    FROM raw.fills AS f JOIN raw.markets AS m USING (condition_id)
    WHERE NOT list_contains(m.token_ids, f.token_id)
    GROUP BY ALL ORDER BY notional DESC, f.token_id
"""

OUTCOME_NOT_IN_MARKET = """
    SELECT f.condition_id, f.token_id, f.outcome, m.outcomes[list_position(m.token_ids, f.token_id)] AS expected,
        count(*) AS fills
    FROM raw.fills AS f JOIN raw.markets AS m USING (condition_id)
    WHERE f.outcome != '' AND list_contains(m.token_ids, f.token_id)
      AND f.outcome != m.outcomes[list_position(m.token_ids, f.token_id)]
    GROUP BY ALL ORDER BY fills DESC, f.token_id, f.outcome
"""

# The same key as venue/identity.py, asked of the table: whoever wrote a row, it must be there once. Grouping by hash
# first keeps ten million rows at eight bytes each; only rows whose hash comes twice are looked at in full.
_KEY = """wallet, tx_hash, token_id, side, price, size, occurrence,
        CASE WHEN tx_hash = '' THEN date_trunc('second', event_at) END"""
DUPLICATED_KEYS = f"""
    WITH twice AS (SELECT hash({_KEY}) AS digest FROM raw.fills GROUP BY digest HAVING count(*) > 1)
    SELECT any_value(fill_id) AS fill_id, wallet, tx_hash, token_id, side, price, size, count(*) AS times
    FROM raw.fills WHERE hash({_KEY}) IN (FROM twice)
    GROUP BY {_KEY} HAVING count(*) > 1 ORDER BY times DESC, fill_id
"""  # noqa: S608 our own text

AFTER_CLOSE = """
    SELECT f.condition_id, any_value(m.closed_at) AS closed_at, max(f.event_at) AS last_fill, count(*) AS fills
    FROM raw.fills AS f JOIN raw.markets AS m USING (condition_id)
    WHERE f.event_at > m.closed_at + INTERVAL 5 MINUTE
    GROUP BY f.condition_id ORDER BY fills DESC, f.condition_id
"""

UNKNOWN_MARKETS = """
    SELECT condition_id, count(*) AS fills, sum(price * size) AS notional, min(source) AS source
    FROM raw.fills ANTI JOIN raw.markets USING (condition_id)
    GROUP BY condition_id ORDER BY notional DESC, condition_id
"""

QUARANTINED = """
    SELECT source, field, count(*) AS rows, any_value(reason) AS example
    FROM raw.quarantine GROUP BY source, field ORDER BY rows DESC, source, field
"""

# Measured against the newest fill of all, so that an ingest that stands still does not make everybody silent.
GONE_SILENT = """
    WITH newest AS (SELECT max(event_at) AS at FROM raw.fills)
    SELECT wallet, count(*) AS fills, max(event_at) AS last_fill,
        date_diff('hour', max(event_at), any_value(newest.at)) / 24.0 AS silent_days,
        date_diff('hour', min(event_at), max(event_at)) / 24.0 / (count(*) - 1) AS usual_days
    FROM raw.fills, newest GROUP BY wallet
    HAVING fills >= 20 AND silent_days > 14 AND silent_days > 10 * usual_days
    ORDER BY fills DESC, wallet
"""

FUTURE_WATERMARKS = """
    SELECT wallet, fetched_through, epoch_ms(CAST($now AS BIGINT)) AS now FROM raw.wallets
    WHERE fetched_through > epoch_ms(CAST($now AS BIGINT)) + INTERVAL 1 MINUTE ORDER BY fetched_through DESC, wallet
"""

PAYOUTS_DISAGREE = """
    SELECT r.condition_id, r.payouts, m.outcome_prices, r.source
    FROM raw.resolutions AS r JOIN raw.markets AS m USING (condition_id)
    WHERE r.status = 'resolved' AND m.closed AND m.uma_statuses[-1] = 'resolved'
      -- old markets show zeros or decimals there: those say nothing
      AND list_sum(m.outcome_prices) = 1.0
      AND (list_contains(m.outcome_prices, 1.0) OR len(list_distinct(m.outcome_prices)) = 1)
      AND r.payouts != m.outcome_prices
    ORDER BY r.condition_id
"""

NOT_RECONCILED = """
    WITH newest AS (FROM raw.coverage QUALIFY row_number() OVER (PARTITION BY wallet ORDER BY observed_at DESC) = 1)
    SELECT wallet, share, tokens, matched, pending, unplaced, notional, reread, observed_at
    FROM newest WHERE matched < tokens ORDER BY share, wallet
"""

# Reasons in the order of what explains most. The venue leaves fees out of realised PnL today; where it took them in
# shares (fee era of 2026-02) or a redemption's payouts are not known yet, the two differ for a reason we know.
PNL_DIFFERENCES = """
    WITH board AS (
        SELECT wallet, pnl FROM raw.wallet_sightings
        WHERE source = 'leaderboard' AND category = 'overall' AND time_window = 'all' AND sort_by = 'PNL'
        QUALIFY row_number() OVER (PARTITION BY wallet ORDER BY observed_at DESC) = 1
    ), tokens AS (
        SELECT h.wallet, h.token_id, h.condition_id, h.realised_pnl AS ours, p.realised_pnl AS venue,
            p.total_pnl AS venue_total, h.missing, h.bought, p.total_size, coalesce(m.fee_rate, 0) AS fee_rate,
            abs(h.realised_pnl - p.realised_pnl) > 0.01 AS is_different,
            r.condition_id IS NULL AS is_unresolved
        FROM raw.holdings AS h JOIN raw.positions AS p USING (wallet, token_id)
        LEFT JOIN raw.markets AS m ON m.condition_id = h.condition_id
        LEFT JOIN raw.resolutions AS r ON r.condition_id = h.condition_id AND r.status = 'resolved'
    )
    SELECT wallet, sum(ours) AS our_realised, sum(venue) AS venue_realised, sum(ours) - sum(venue) AS difference,
        count(*) FILTER (is_different) AS tokens_off, count(*) AS tokens,
        sum(venue_total) AS venue_total, any_value(board.pnl) AS leaderboard_pnl,
        CASE
            WHEN count(*) FILTER (is_different AND missing > 0.01) > 0 THEN 'missing history'
            WHEN count(*) FILTER (is_different AND length(condition_id) = 64) > 0 THEN 'combos'
            WHEN count(*) FILTER (is_different AND abs(bought - total_size) > 0.01) > 0
                 AND count(*) FILTER (is_different AND fee_rate > 0) > 0 THEN 'fees taken in shares'
            WHEN count(*) FILTER (is_different AND abs(bought - total_size) > 0.01) > 0 THEN 'acquired otherwise'
            WHEN count(*) FILTER (is_different AND is_unresolved) > 0 THEN 'payout not known'
            ELSE 'unexplained'
        END AS reason
    FROM tokens LEFT JOIN board USING (wallet)
    GROUP BY wallet
    HAVING abs(difference) > greatest(0.01 * tokens, 0.01 * abs(venue_realised))
    ORDER BY abs(difference) DESC, wallet
"""
