"""The contracts that stand between the venue and a published score, one suite a table and one for the snapshot."""

from __future__ import annotations

from copytrade_live.core.market import MarketStatus, Role, Side
from copytrade_live.venue.cursor_parts import NON_TRADES
from copytrade_pipelines.ingest.positions import STATUSES as POSITION_STATUSES
from copytrade_pipelines.quality.expectations import (
    Expect,
    Severity,
    Suite,
    above,
    at_least,
    between,
    has_rows,
    key,
    like,
    never_null,
    not_before,
    one_of,
)

WALLET = r"^0x[0-9a-f]{40}$"
# A token id has 77 digits: one that went through a float comes back as 1.2e+77 or 123.0.
TEXT_ID = r"^[^.\s+]+$"
# A kind we do not know may move holdings in a way that nothing here accounts for.
ACTIVITY_TYPES = (*NON_TRADES.split(","), "TIP")

RAW_FILLS = Suite(
    name="raw_fills",
    table="raw.fills",
    query="select * exclude (title, slug, event_slug) from raw.fills order by observed_at desc",
    expectations=(
        *never_null("fill_id", "wallet", "condition_id", "token_id", "side", "role", "price", "size"),
        *never_null("event_at", "observed_at"),
        key("fill_id"),
        like("wallet", WALLET),
        like("token_id", TEXT_ID),
        one_of("side", *(side.value for side in Side)),
        one_of("role", *(role.value for role in Role)),
        between("price", 0.0, 1.0),
        above("size", 0.0),
        not_before("observed_at", "event_at"),
        has_rows(severity=Severity.WARNING),
    ),
)

RAW_ACTIVITY = Suite(
    name="raw_activity",
    table="raw.activity",
    query="select * from raw.activity order by observed_at desc",
    expectations=(
        *never_null("activity_id", "wallet", "type", "size", "usdc_size", "event_at", "observed_at"),
        key("activity_id"),
        like("wallet", WALLET),
        one_of("type", *ACTIVITY_TYPES, severity=Severity.WARNING),
        at_least("size", 0.0),
        at_least("usdc_size", 0.0),
        not_before("observed_at", "event_at"),
    ),
)

RAW_POSITIONS = Suite(
    name="raw_positions",
    table="raw.positions",
    query="select * from raw.positions order by observed_at desc, wallet, token_id",
    expectations=(
        *never_null("wallet", "token_id", "condition_id", "status", "size", "observed_at"),
        key("wallet", "token_id"),
        like("wallet", WALLET),
        like("token_id", TEXT_ID),
        one_of("status", *POSITION_STATUSES),
        at_least("size", 0.0),
        at_least("total_size", 0.0),
        between("average_price", 0.0, 1.0, severity=Severity.WARNING),
        not_before("observed_at", "event_at"),
    ),
)

RAW_PRICES = Suite(
    name="raw_prices",
    table="raw.prices",
    query='select * from raw.prices order by "at" desc, token_id',
    expectations=(
        *never_null("token_id", "at", "mid"),
        key("token_id", "at"),
        like("token_id", TEXT_ID),
        between("mid", 0.0, 1.0),
    ),
)

RAW_MARKETS = Suite(
    name="raw_markets",
    table="raw.markets",
    query=(
        "select * exclude (outcomes, token_ids), len(outcomes) as outcome_count, "
        "len(token_ids) - len(outcomes) as unmatched_tokens, "
        "len(token_ids) - len(list_distinct(token_ids)) as repeated_tokens "
        "from raw.markets order by observed_at desc"
    ),
    expectations=(
        *never_null("condition_id", "outcome_count", "unmatched_tokens", "observed_at"),
        key("condition_id"),
        at_least("outcome_count", 2),
        between("unmatched_tokens", 0, 0),
        between("repeated_tokens", 0, 0),
        above("tick_size", 0.0),
        between("tick_size", 0.0, 0.1),
        at_least("min_order_size", 0.0),
        between("fee_rate", 0.0, 1.0),
        has_rows(severity=Severity.WARNING),
    ),
)

RAW_RESOLUTIONS = Suite(
    name="raw_resolutions",
    table="raw.resolutions",
    query=(
        "select * exclude (payouts), list_sum(payouts) as paid, list_min(payouts) as least_payout "
        "from raw.resolutions order by known_at desc"
    ),
    expectations=(
        *never_null("condition_id", "status", "known_at"),
        key("condition_id", "status"),
        one_of("status", *(status.value for status in MarketStatus)),
        between("paid", 0.0, 1.0 + 1e-6),
        at_least("least_payout", 0.0),
        not_before("known_at", "resolved_at"),
    ),
)

RAW_BOOKS = Suite(
    name="raw_books",
    table="raw.books",
    query=(
        "select book_id, token_id, source, event_at, observed_at, "
        "bids[1].price as best_bid, asks[1].price as best_ask, "
        "list_min(list_transform(list_concat(bids, asks), lambda level: level.price)) as lowest_price, "
        "list_max(list_transform(list_concat(bids, asks), lambda level: level.price)) as highest_price, "
        "list_min(list_transform(list_concat(bids, asks), lambda level: level.size)) as least_size, "
        "list_max(list_transform(bids, lambda level: level.price)) as highest_bid, "
        "list_min(list_transform(asks, lambda level: level.price)) as lowest_ask "
        "from raw.books order by observed_at desc"
    ),
    expectations=(
        *never_null("book_id", "token_id", "source", "event_at", "observed_at"),
        key("book_id"),
        like("token_id", TEXT_ID),
        at_least("lowest_price", 0.0),
        between("highest_price", 0.0, 1.0),
        above("least_size", 0.0),
        not_before("best_ask", "best_bid"),
        # best first: what stands first is the best there is
        not_before("best_bid", "highest_bid"),
        not_before("lowest_ask", "best_ask"),
    ),
)

TRADER_SCORES = Suite(
    name="trader_scores",
    table="marts.fct_trader_scores",
    query=("select * exclude (flags, reasons) from marts.fct_trader_scores order by as_of desc, known_at desc"),
    expectations=(
        *never_null("wallet", "category", "as_of", "score_version", "known_at", "edge_mean", "edge_sd", "p_pos"),
        *never_null("lcb10", "rank", "n_events", "n_eff", "coverage", "copy_cost_mean", "maker_share"),
        key("wallet", "category", "as_of", "score_version"),
        like("wallet", WALLET),
        between("edge_mean", -1.0, 1.0),
        at_least("edge_sd", 0.0),
        between("p_pos", 0.0, 1.0),
        between("coverage", 0.0, 1.0),
        between("maker_share", 0.0, 1.0),
        between("imputed_share", 0.0, 1.0),
        between("q_value", 0.0, 1.0),
        at_least("n_events", 0),
        at_least("n_eff", 0.0),
        # the lower bound of a belief is not above its mean
        not_before("edge_mean", "lcb10"),
        has_rows(severity=Severity.CRITICAL),
    ),
)

# The file itself, as the runner will read it; publishing checks it before the pointer moves to it.
SNAPSHOT = Suite(
    name="snapshot",
    table="published/scores",
    query="",
    expectations=(
        *never_null("wallet", "category", "as_of", "score_version", "edge_mean", "edge_sd", "p_pos", "lcb10", "rank"),
        *never_null("n_events", "n_eff", "coverage", "copy_cost_mean", "maker_share", "imputed_share"),
        key("wallet", "category"),
        like("wallet", WALLET),
        Expect(type="expect_column_unique_value_count_to_be_between", arguments={"column": "as_of", "max_value": 1}),
        between("edge_mean", -1.0, 1.0),
        at_least("edge_sd", 0.0),
        between("p_pos", 0.0, 1.0),
        between("coverage", 0.0, 1.0),
        between("maker_share", 0.0, 1.0),
        between("imputed_share", 0.0, 1.0),
        between("q_value", 0.0, 1.0),
        at_least("n_events", 0),
        not_before("edge_mean", "lcb10"),
        has_rows(severity=Severity.CRITICAL),
        # A belief this sure of everybody is a mistake of ours and no discovery.
        Expect(
            type="expect_column_mean_to_be_between",
            arguments={"column": "p_pos", "max_value": 0.9},
            severity=Severity.WARNING,
        ),
    ),
)

TABLE_SUITES = (
    RAW_FILLS,
    RAW_ACTIVITY,
    RAW_MARKETS,
    RAW_RESOLUTIONS,
    RAW_BOOKS,
    RAW_PRICES,
    RAW_POSITIONS,
    TRADER_SCORES,
)
SUITES = (*TABLE_SUITES, SNAPSHOT)
