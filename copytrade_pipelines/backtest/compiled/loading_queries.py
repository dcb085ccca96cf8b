"""What a sweep asks the warehouse: as queries.py does, but codes in place of names, rows in whatever order they stand.

ORDERED is appended where the order matters. touched is the table of queries.TOUCHED.
"""

from __future__ import annotations

NAMES = "select condition_id, token_id from touched order by code"
FILLS = """
    select fills.fill_id, leaders.code as wallet, touched.code as token, fills.side = 'BUY' as is_buy,
        coalesce(fills.role = 'maker', false) as is_maker, fills.price, fills.size,
        epoch_ms(fills.event_at) as event_at, epoch_ms(fills.observed_at) as known_at
    from marts.fct_fills as fills
    join touched on fills.token_id = touched.token_id
    join (select unnest($leaders) as wallet, unnest(range(len($leaders))) as code) as leaders
        on fills.wallet = leaders.wallet
    where fills.observed_at < epoch_ms(cast($end as bigint)) and fills.observed_at >= fills.event_at
        and fills.side in ('BUY', 'SELL') and fills.price > 0 and fills.price < 1
        and fills.size > 0 and isfinite(fills.size)
"""
BOOKS = """
    select touched.code as token, books.bids, books.asks, epoch_ms(books.event_at) as event_at,
        epoch_ms(books.observed_at) as known_at
    from raw.books as books
    join touched on books.token_id = touched.token_id
    where books.observed_at >= epoch_ms(cast($start as bigint) - $before)
        and books.observed_at < epoch_ms(cast($end as bigint)) and books.event_at is not null
"""
# No more than these are among them.
MOST_BOOKS = "select count(*) from raw.books"
BOOKS_ORDERED = " order by books.observed_at, books.book_id"
# Of some tokens at some moments, at which there is more than one: only ids tell which came later.
TOGETHER = """
    and books.observed_at in (select epoch_ms(cast(unnest($times) as bigint)))
    and touched.code in (select unnest($codes))
"""
PRINTS = """
    select touched.code as token, epoch_ms(fills.event_at) as known_at, fills.price, fills.size,
        coalesce((fills.side = 'BUY') <> (fills.role is distinct from 'maker'), true) as is_sell
    from marts.fct_fills as fills
    join touched on fills.token_id = touched.token_id
    where fills.event_at >= epoch_ms(cast($start as bigint)) and fills.observed_at < epoch_ms(cast($end as bigint))
"""
MAKERS = f"select count(*) from ({PRINTS} and fills.role = 'maker')"  # noqa: S608 our own words
# Of a trade's rows only those that count, which is a question where anybody is known to have rested.
PRINTED_ONCE = """
    qualify fills.role is distinct from 'maker' or count(*) filter (fills.role is distinct from 'maker')
        over (partition by fills.token_id, fills.tx_hash, fills.event_at) = 0
"""
PRINTS_ORDERED = " order by fills.event_at, fills.token_id, fills.fill_id"
