"""What a sweep asks the warehouse: as queries.py does, but codes in place of names, rows in whatever order they stand.

touched is the table of queries.TOUCHED, together one of those of a token that came at one moment. Times of many rows
leave as they are stored, in microseconds: to make milliseconds of them takes a tenth of the question, or more.
"""

from __future__ import annotations

NAMES = "select condition_id, token_id from touched order by code"
FOLLOWED = """
    create or replace temp table followed as
    select unnest($leaders) as wallet, unnest(range(len($leaders))) as code
"""
NOT_FOLLOWED = "drop table if exists temp.followed"
FILLS = """
    select fills.fill_id, followed.code as wallet, touched.code as token, fills.side = 'BUY' as is_buy,
        coalesce(fills.role = 'maker', false) as is_maker, fills.price, fills.size,
        fills.event_at, fills.observed_at as known_at
    from marts.fct_fills as fills
    join touched on fills.token_id = touched.token_id
    join followed on fills.wallet = followed.wallet
    where fills.observed_at < epoch_ms(cast($end as bigint)) and fills.observed_at >= fills.event_at
        and fills.side in ('BUY', 'SELL') and fills.price > 0 and fills.price < 1
        and fills.size > 0 and isfinite(fills.size)
"""
BOOKS = """
    select touched.code as token, books.bids, books.asks, books.event_at, books.observed_at as known_at,
        books.rowid as place
    from raw.books as books
    join touched on books.token_id = touched.token_id
    where books.observed_at >= epoch_ms(cast($start as bigint) - $before)
        and books.observed_at < epoch_ms(cast($end as bigint)) and books.event_at is not null
"""
# No more than these are among them.
MOST_BOOKS = "select count(*) from raw.books"
# Of one token at one moment there is more than one: only ids tell which came later.
BOOKS_TOGETHER = """
    select books.rowid as place from raw.books as books join together on books.rowid = together.place
    order by books.observed_at, books.book_id
"""
_PRINTED = """
    select touched.code as token, epoch_ms(fills.event_at) as known_at, fills.event_at, fills.fill_id, fills.price,
        fills.size, coalesce((fills.side = 'BUY') <> (fills.role is distinct from 'maker'), true) as is_sell
    from marts.fct_fills as fills
    join touched on fills.token_id = touched.token_id
    where fills.event_at >= epoch_ms(cast($start as bigint)) and fills.observed_at < epoch_ms(cast($end as bigint))
"""
MAKERS = f"select count(*) from ({_PRINTED} and fills.role = 'maker')"  # noqa: S608 our own words
# Of a trade's rows only those that count, which is a question where anybody is known to have rested.
_ONCE = """
    qualify fills.role is distinct from 'maker' or count(*) filter (fills.role is distinct from 'maker')
        over (partition by fills.token_id, fills.tx_hash, fills.event_at) = 0
"""
PRINTS_TOGETHER = """
    where (token, known_at) in (select (token, known_at) from together)
    order by event_at, token, fill_id
"""


def prints(*, has_makers: bool) -> str:
    """The trades of everybody."""
    once = _ONCE if has_makers else ""
    return f"select token, known_at, price, size, is_sell from ({_PRINTED}{once})"  # noqa: S608 our own words
