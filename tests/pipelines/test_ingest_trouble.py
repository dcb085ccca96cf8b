from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import dagster as dg
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from copytrade_live.core.market import DAY, Role
from copytrade_live.errors import ConfigError, InputFileError, VenueRefusal, VenueUnavailable, WarehouseError
from copytrade_live.settings import Home, VenueConfig
from copytrade_live.venue.data_api import DataApi
from copytrade_live.venue.http import VenueHttp
from copytrade_live.venue.identity import identify_fills
from copytrade_live.venue.wire import parse_fill
from copytrade_pipelines.assets.raw_tables import expected_failures
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.fills import FillsSummary, ingest_fills, rebuild_from_landing
from copytrade_pipelines.ingest.upsert import Change, upsert
from copytrade_pipelines.ingest.wallets import Sighting, read_watchlist, write_wallets
from copytrade_pipelines.warehouse import Warehouse
from tests.pipelines.ingest_runs import digests, query
from tests.venue.history_venue import HistoryVenue, history
from tests.venue.loopback import served
from tests.venue.rows_on_the_wire import WALLET, v2_fill

OTHER = "0x" + "12" * 20
LAST = 1_789_381_477


class ScriptedVenue:
    """A data API that lists the rows it is given, for whoever asks."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.page: Callable[[str], Response | None] = lambda wallet: None
        self.asked: list[dict[str, list[str]]] = []

    async def _trades(self, request: Request) -> Response:
        self.asked.append(parse_qs(str(request.url.query)))
        wallet = request.query_params["user"]
        special = self.page(wallet)
        if special is not None:
            return special
        return JSONResponse({"data": [row for row in self.rows if wallet in str(row)], "pagination": {}})

    async def _activity(self, request: Request) -> Response:
        return JSONResponse({"data": [], "pagination": {}})

    def app(self) -> Starlette:
        """The application."""
        return Starlette(routes=[Route("/v2/trades", self._trades), Route("/v2/activity", self._activity)])


def ingest(url: str, root: Path) -> FillsSummary:
    home = Home(root)

    async def run() -> FillsSummary:
        api = DataApi(VenueHttp(url, max_attempts=2, backoff_seconds=0.01))
        try:
            warehouse = Warehouse(path=str(home.warehouse))
            return await ingest_fills(warehouse, api, landing=home.landing, lag=10_000)
        finally:
            await api.close()

    return asyncio.run(run())


def watch(root: Path, *wallets: str) -> None:
    warehouse = Warehouse(path=str(Home(root).warehouse))
    write_wallets(warehouse, [Sighting(wallet=wallet, source="watchlist") for wallet in wallets])


def known(root: Path) -> list[tuple[Any, ...]]:
    return query(
        root,
        "SELECT wallet, fills, coverage, history_complete, epoch_ms(fetched_through) FROM raw.wallets ORDER BY wallet",
    )


def test_malformed_rows_are_quarantined_counted_and_lose_no_other_row(tmp_path: Path) -> None:
    venue = ScriptedVenue()
    venue.rows = [v2_fill(), v2_fill(price="NaN"), v2_fill(size=3), v2_fill(side="HOLD")]
    watch(tmp_path, WALLET)
    with served(venue.app()) as url:
        summary = ingest(url, tmp_path)
        before = digests(tmp_path)
        again = ingest(url, tmp_path)
    assert (summary.fills.new, summary.quarantined) == (2, 2)
    assert (again.fills, again.quarantined) == (Change(), 0)
    assert digests(tmp_path) == before
    rows = query(
        tmp_path, "SELECT source, field, value, payload ->> '$.slug', first_seen_at FROM raw.quarantine ORDER BY 2"
    )
    assert rows == [
        ("data-api/v2/trades", "price", "NaN", "a-slug", None),
        ("data-api/v2/trades", "side", "HOLD", "a-slug", None),
    ]
    assert known(tmp_path) == [(WALLET, 2, 0.5, True, LAST * 1000)]
    landed = list(Home(tmp_path).landing.rglob("*.parquet"))
    assert landed


def test_a_page_that_is_no_page_marks_the_history_incomplete_and_it_is_read_afresh(tmp_path: Path) -> None:
    venue = ScriptedVenue()
    venue.rows = [v2_fill()]
    venue.page = lambda wallet: JSONResponse({"data": "later"})
    watch(tmp_path, WALLET)
    with served(venue.app()) as url:
        assert ingest(url, tmp_path).quarantined == 1
        assert known(tmp_path) == [(WALLET, 0, 0.0, False, None)]
        venue.page = lambda wallet: None
        ingest(url, tmp_path)
    assert known(tmp_path) == [(WALLET, 1, 1.0, True, LAST * 1000)]


def test_a_rerun_looks_back_one_day_over_what_it_has(tmp_path: Path) -> None:
    venue = ScriptedVenue()
    venue.rows = [v2_fill()]
    watch(tmp_path, WALLET)
    with served(venue.app()) as url:
        ingest(url, tmp_path)
        ingest(url, tmp_path)
    assert [question["start"] for question in venue.asked] == [["1"]] * 2 + [[str(LAST - DAY // 1000)]] * 2
    assert [question["taker_only"] for question in venue.asked] == [["false"], ["true"]] * 2


def test_what_only_the_full_listing_shows_was_resting(tmp_path: Path) -> None:
    venue = ScriptedVenue()
    taken, resting = v2_fill(), v2_fill(size=3)
    watch(tmp_path, WALLET)

    def page(wallet: str) -> Response:
        is_takers = venue.asked[-1]["taker_only"] == ["true"]
        return JSONResponse({"data": [taken] if is_takers else [taken, resting], "pagination": {}})

    venue.page = page
    with served(venue.app()) as url:
        ingest(url, tmp_path)
    assert query(tmp_path, "SELECT size, role FROM raw.fills ORDER BY 1") == [(3.0, "maker"), (22.84, "taker")]


def test_a_wallet_without_fills_is_complete_and_empty(tmp_path: Path) -> None:
    watch(tmp_path, WALLET)
    with served(ScriptedVenue().app()) as url:
        ingest(url, tmp_path)
    assert known(tmp_path) == [(WALLET, 0, 1.0, True, None)]


def test_a_venue_that_goes_away_in_the_middle_keeps_whole_batches_and_a_rerun_ends_it(tmp_path: Path) -> None:
    venue = ScriptedVenue()
    venue.rows = [v2_fill(), v2_fill(proxy_wallet=OTHER)]
    venue.page = lambda wallet: Response("down", status_code=503) if wallet == WALLET else None
    watch(tmp_path, WALLET, OTHER)
    with served(venue.app()) as url:
        with pytest.raises(VenueUnavailable, match=f"{url}/v2/trades is not available"):
            ingest(url, tmp_path)
        assert query(tmp_path, "SELECT wallet FROM raw.fills") == [(OTHER,)]
        venue.page = lambda wallet: None
        ingest(url, tmp_path)
    assert query(tmp_path, "SELECT count(*) FROM raw.fills") == [(2,)]


def test_an_unreachable_venue_is_named_and_changes_nothing(tmp_path: Path) -> None:
    watch(tmp_path, WALLET)
    before = digests(tmp_path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(VenueUnavailable, match=f"{url}/v2/trades is not available after 2 attempts"):
        ingest(url, tmp_path)
    assert digests(tmp_path) == before


@pytest.mark.parametrize(
    ("error", "may_pass"),
    [
        (VenueUnavailable("the venue is down"), True),
        (VenueRefusal("no"), False),
        (InputFileError("line 3"), False),
        (ConfigError("key"), False),
        (WarehouseError("locked"), False),
    ],
)
def test_a_step_ends_with_the_message_and_is_tried_again_only_where_that_can_help(
    error: Exception, may_pass: bool
) -> None:
    with pytest.raises(dg.Failure) as caught, expected_failures():
        raise error
    assert caught.value.description == f"{type(error).__name__}: {error}"
    assert caught.value.allow_retries is may_pass


def test_a_second_sight_fills_in_blanks_and_never_forgets(tmp_path: Path) -> None:
    def table(role: Role, **changes: object) -> Any:
        fills = identify_fills([parse_fill(v2_fill(**changes))])
        return tables.fills([(fill, role) for fill in fills], source="data-api", lag=0)

    with Warehouse(path=str(tmp_path / "w.duckdb")).connect() as con:
        assert upsert(con, "raw.fills", table(Role.TAKER, outcome_index=999)) == Change(new=1)
        assert upsert(con, "raw.fills", table(Role.UNKNOWN, outcome_index=1, event_slug="e", title="")) == Change(
            changed=1
        )
        assert upsert(con, "raw.fills", table(Role.UNKNOWN, outcome_index=999)) == Change()
        found = con.execute("SELECT role, outcome_index, event_slug, title FROM raw.fills").fetchall()
    assert found == [("taker", 1, "e", "A title")]


def test_a_watchlist_is_one_wallet_a_line(tmp_path: Path) -> None:
    path = tmp_path / "wallets.txt"
    path.write_text(f"# the good ones\n\n{WALLET.upper().replace('X', 'x')}  # alice\n{OTHER}\n{WALLET}\n")
    assert [item.wallet for item in read_watchlist(path)] == [WALLET, OTHER]


def test_a_bad_line_of_a_watchlist_is_named_with_its_value(tmp_path: Path) -> None:
    path = tmp_path / "wallets.txt"
    path.write_text(f"{WALLET}\nalice.eth\n")
    with pytest.raises(InputFileError, match=r"wallets\.txt, line 2: .* was 'alice\.eth'"):
        read_watchlist(path)


@pytest.mark.parametrize(
    ("content", "problem"), [(None, "does not exist"), (b"\xff\xfe\x00", "cannot be read as text")]
)
def test_a_watchlist_that_cannot_be_read_says_why(tmp_path: Path, content: bytes | None, problem: str) -> None:
    path = tmp_path / "wallets.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputFileError, match=problem):
        read_watchlist(path)


def test_watched_wallets_keep_what_is_known_of_them(tmp_path: Path) -> None:
    venue = ScriptedVenue()
    venue.rows = [v2_fill()]
    watch(tmp_path, WALLET)
    with served(venue.app()) as url:
        ingest(url, tmp_path)
    before = known(tmp_path)
    watch(tmp_path, WALLET, OTHER)
    assert known(tmp_path) == [(OTHER, 0, 0.0, False, None), *before]


def test_the_clients_are_made_for_the_configured_hosts() -> None:
    config = VenueConfig(data_url="http://127.0.0.1:1/data/", max_attempts=1)
    api = DataApi.from_config(config)

    async def ask() -> None:
        try:
            await api.fills(WALLET)
        finally:
            await api.close()

    with pytest.raises(VenueUnavailable, match=r"http://127\.0\.0\.1:1/data/v2/trades is not available after 1"):
        asyncio.run(ask())


def test_everything_can_be_loaded_again_from_the_landing_folder_without_a_venue(tmp_path: Path) -> None:
    venue = ScriptedVenue()
    venue.rows = [v2_fill(), v2_fill(size=3), v2_fill(price="NaN")]
    watch(tmp_path / "first", WALLET)
    with served(venue.app()) as url:
        ingest(url, tmp_path / "first")
    shutil.copytree(Home(tmp_path / "first").landing, Home(tmp_path / "second").landing)
    home = Home(tmp_path / "second")
    summary = rebuild_from_landing(Warehouse(path=str(home.warehouse)), landing=home.landing, lag=10_000)
    assert (summary.wallets, summary.fills.new, summary.quarantined) == (1, 2, 1)
    before, after = digests(tmp_path / "first"), digests(tmp_path / "second")
    assert {table for table in before if before[table] != after[table]} == {"raw.wallets"}
    assert query(tmp_path / "second", "SELECT wallet, source, fills, history_complete FROM raw.wallets") == [
        (WALLET, "landing", 2, True)
    ]


def test_the_older_api_takes_over_where_the_newer_one_refuses(tmp_path: Path) -> None:
    venue = HistoryVenue(history(1_700, a_second=6))  # a transaction has one second
    app = venue.app()
    refused = JSONResponse({"error": "gone", "code": "gone"}, status_code=410)

    async def refuse(request: Request) -> Response:
        return refused

    async def nothing(request: Request) -> Response:
        return JSONResponse([])

    routes = [Route("/v2/trades", refuse), Route("/v2/activity", refuse), Route("/activity", nothing)]
    watch(tmp_path, WALLET)
    with served(Starlette(routes=[*routes, *app.routes])) as url:
        ingest(url, tmp_path)
    assert query(tmp_path, "SELECT count(*), count(*) FILTER (role = 'taker') FROM raw.fills") == [(1_700, 850)]
    assert query(tmp_path, "SELECT history_complete FROM raw.wallets") == [(True,)]


def test_a_venue_that_refuses_both_ways_is_a_refusal(tmp_path: Path) -> None:
    venue = ScriptedVenue()
    venue.page = lambda wallet: JSONResponse({"error": "no"}, status_code=403)
    watch(tmp_path, WALLET)
    with served(venue.app()) as url, pytest.raises(VenueRefusal, match="answered 403"):
        ingest(url, tmp_path)
