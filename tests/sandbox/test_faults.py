"""Every fault over a real socket: it happens as described, the same way each time, and never lasts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from copytrade_live.core.market import SECOND
from copytrade_live.errors import ConfigError, InputFileError
from copytrade_live.sandbox.fault_admin import read_fault_file
from copytrade_live.sandbox.fault_kinds import CATALOGUE, FaultKind, Point
from copytrade_live.sandbox.fault_settings import read_faults
from copytrade_live.sandbox.synthetic import SyntheticWorld
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.running import Sandbox

TRADES = {"taker_only": "false", "limit": 50}


@pytest.fixture
def faulty(sandbox: Sandbox) -> Iterator[Sandbox]:
    """The shared sandbox, made well again afterwards."""
    try:
        yield sandbox
    finally:
        sandbox.http.delete("/admin/faults")


def switch_on(sandbox: Sandbox, name: str, **fields: object) -> None:
    response = sandbox.http.post("/admin/faults", json={"name": name, "probability": 1.0, **fields})
    assert response.status_code == 200, response.text


def met(sandbox: Sandbox) -> dict[str, int]:
    counts: dict[str, int] = sandbox.get("/admin/faults")["met"]
    return counts


def ask(sandbox: Sandbox, path: str = "/v2/trades", **params: object) -> httpx.Response:
    return sandbox.http.get(path, params={name: str(value) for name, value in (TRADES | params).items()})


def transactions(rows: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    return [(row.get("transaction_hash") or row["transactionHash"], row["size"], row["price"]) for row in rows]


def test_a_limited_request_is_told_when_to_come_back_and_may_after_two(faulty: Sandbox) -> None:
    switch_on(faulty, "rate_limited", retry_after_seconds=3)
    answers = [ask(faulty) for _ in range(6)]
    assert [one.status_code for one in answers] == [429, 429, 200, 429, 429, 200]
    assert answers[0].headers["retry-after"] == "3"
    assert answers[0].json() == {"error": "Too Many Requests"}
    assert met(faulty) == {"rate_limited": 4}


def test_a_silent_limit_names_no_time(faulty: Sandbox) -> None:
    switch_on(faulty, "rate_limited_silently")
    refused = ask(faulty)
    assert refused.status_code == 429
    assert "retry-after" not in refused.headers


def test_throttling_can_hide_behind_a_success(faulty: Sandbox) -> None:
    switch_on(faulty, "throttled_200")
    refused = ask(faulty)
    assert (refused.status_code, refused.json()) == (200, {"error": "Too Many Requests"})


def test_server_errors_are_of_every_kind(faulty: Sandbox) -> None:
    switch_on(faulty, "server_error", most_in_row=60)
    answers = [ask(faulty) for _ in range(60)]
    assert {one.status_code for one in answers} == {500, 502, 503, 504}
    assert all(("retry-after" in one.headers) is (one.status_code == 503) for one in answers)


def test_a_late_answer_outlasts_the_client(faulty: Sandbox) -> None:
    switch_on(faulty, "timeout", seconds=0.5, most_in_row=1)
    with httpx.Client(base_url=faulty.url, timeout=0.1) as hasty, pytest.raises(httpx.ReadTimeout):
        hasty.get("/v2/trades", params=TRADES)
    assert ask(faulty).status_code == 200
    switch_on(faulty, "timeout", seconds=0.01)
    assert ask(faulty, limit=51).json()["data"]


def test_a_cut_connection_answers_nothing(faulty: Sandbox, capfd: pytest.CaptureFixture[str]) -> None:
    switch_on(faulty, "disconnect")
    for _ in range(2):
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            ask(faulty)
    assert ask(faulty).status_code == 200
    assert capfd.readouterr() == ("", "")


def test_a_truncated_body_is_a_success_that_is_no_json(faulty: Sandbox) -> None:
    switch_on(faulty, "truncated_json", most_in_row=20)
    whole = 0
    for _ in range(20):
        cut = ask(faulty)
        assert cut.status_code == 200
        whole = max(whole, len(cut.content))
        with pytest.raises(ValueError, match=r"."):
            cut.json()
    assert whole > 1000
    assert faulty.get("/time") == faulty.world.start_at // SECOND


def test_the_edge_answers_with_its_own_page(faulty: Sandbox) -> None:
    switch_on(faulty, "html_body", most_in_row=40)
    answers = [ask(faulty) for _ in range(40)]
    assert {one.status_code for one in answers} == {200, 403, 429, 503}
    assert all(one.text.startswith("<!DOCTYPE html>") for one in answers)
    assert answers[0].headers["content-type"].startswith("text/html")


def test_a_cursor_may_bring_the_page_before_which_leads_on_again(faulty: Sandbox) -> None:
    clean = [ask(faulty).json()]
    clean.append(ask(faulty, cursor=clean[0]["pagination"]["next_cursor"]).json())
    switch_on(faulty, "repeated_page")
    first = ask(faulty).json()
    assert first == clean[0]
    cursor = first["pagination"]["next_cursor"]
    assert [ask(faulty, cursor=cursor).json() for _ in range(3)] == [clean[0], clean[0], clean[1]]
    assert met(faulty) == {"repeated_page": 2}


def test_an_offset_may_bring_the_page_before(faulty: Sandbox) -> None:
    pages = [ask(faulty, "/trades", offset=offset).json() for offset in (0, 50)]
    switch_on(faulty, "repeated_page", most_in_row=1)
    assert ask(faulty, "/trades", offset=0).json() == pages[0]
    assert [ask(faulty, "/trades", offset=50).json() for _ in range(2)] == pages
    markets = faulty.get("/markets/keyset", limit=5)
    again = faulty.get("/markets/keyset", limit=5, after_cursor=markets["next_cursor"])
    assert again == markets


def test_rows_may_come_in_any_order(faulty: Sandbox) -> None:
    clean = transactions(ask(faulty).json()["data"])
    switch_on(faulty, "unordered_rows")
    shuffled = transactions(ask(faulty).json()["data"])
    assert shuffled != clean
    assert sorted(shuffled, key=repr) == sorted(clean, key=repr)
    assert transactions(ask(faulty, "/trades", takerOnly="false").json()) != clean


def test_late_rows_appear_once_their_delay_is_over(start_sandbox: StartSandbox) -> None:
    running = start_sandbox()
    clean = transactions(ask(running).json()["data"])
    oldest = ask(running).json()["data"][-1]["timestamp"] * SECOND
    delay = (running.world.start_at - oldest) // SECOND + 60
    switch_on(running, "late_rows", probability=0.4, delay_seconds=delay)
    shown = transactions(ask(running, end=running.world.start_at // SECOND).json()["data"])
    missing = [row for row in clean if row not in shown]
    assert 8 <= len(missing) <= 32
    assert [row for row in clean if row in shown] == shown[: len(clean) - len(missing)]
    running.time.step_to(running.world.start_at + delay * SECOND + running.options.index_lag)
    assert transactions(ask(running, end=running.world.start_at // SECOND - 10).json()["data"]) == clean
    assert met(running)["late_rows"] >= 1


def test_a_page_may_lack_rows_that_it_has_when_asked_again(faulty: Sandbox) -> None:
    clean = transactions(ask(faulty).json()["data"])
    switch_on(faulty, "skipped_rows", most_in_row=1)
    shown = transactions(ask(faulty).json()["data"])
    assert 40 <= len(shown) < 50
    assert [row for row in clean if row in shown] == shown
    assert transactions(ask(faulty).json()["data"]) == clean


def test_blank_fields_are_those_of_a_fresh_listing(faulty: Sandbox) -> None:
    clean = ask(faulty).json()["data"]
    switch_on(faulty, "blank_fields")
    for path, index, event in (("/v2/trades", "outcome_index", "event_slug"), ("/trades", "outcomeIndex", "eventSlug")):
        answered = ask(faulty, path, takerOnly="false").json()
        rows = answered["data"] if path == "/v2/trades" else answered
        blank = [row for row in rows if row[index] == 999]
        assert 5 <= len(blank) <= 45
        assert {row[event] for row in blank} == {""}
        assert transactions(rows) == transactions(clean)


def test_the_same_seed_spoils_the_same_attempts_however_they_are_interleaved(
    start_sandbox: StartSandbox, synthetic: SyntheticWorld
) -> None:
    wallets = [wallet.address for wallet in synthetic.wallets[:24]]

    def statuses(workers: int, seed: int) -> list[list[int]]:
        running = start_sandbox()
        switch_on(running, "server_error", probability=0.4, seed=seed)
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(lambda user: [ask(running, user=user).status_code for _ in range(6)], wallets))

    alone = statuses(1, 5)
    assert statuses(6, 5) == alone
    assert statuses(1, 6) != alone
    tries = [status for wallet in alone for status in wallet]
    assert 0.2 < sum(status != 200 for status in tries) / len(tries) < 0.5


def test_a_call_asked_again_under_another_number_is_the_same_request(faulty: Sandbox) -> None:
    switch_on(faulty, "rate_limited", paths=["/books"])
    books = [faulty.http.post("/books", json=[{"token_id": "1", "id": number}]).status_code for number in range(3)]
    assert books == [429, 429, 200]
    assert ask(faulty).status_code == 200


def patient_pages(sandbox: Sandbox, user: str) -> list[dict[str, Any]]:
    """Every activity row of a wallet, read by one who asks again: after a failure, or when a page came twice."""
    rows: list[dict[str, Any]] = []
    params, before = {"user": user, "limit": "40", "start": "1"}, ""
    while True:
        try:
            page = sandbox.http.get("/v2/activity", params=params).json()
            listed, pagination = page["data"], page["pagination"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            continue
        shown = json.dumps(sorted(json.dumps(row | {"outcome_index": 0, "event_slug": ""}) for row in listed))
        if shown != before:
            rows += listed
            before = shown
        if not pagination["has_more"]:
            return rows
        params = params | {"cursor": pagination["next_cursor"]}


def test_who_asks_again_ends_with_the_truth_whatever_goes_wrong(faulty: Sandbox, synthetic: SyntheticWorld) -> None:
    users = [wallet.address for wallet in synthetic.wallets[:6]]
    told = faulty.get("/admin/truth", wallets=",".join(users), parts="fills,activity")
    names = [
        kind.value
        for kind, one in CATALOGUE.items()
        if one.point is Point.REQUEST and kind is not FaultKind.SKIPPED_ROWS
    ]
    for seed, name in enumerate(names):
        switch_on(faulty, name, probability=0.08, seed=seed, seconds=0.001, retry_after_seconds=0)
    rows = [row for user in users for row in patient_pages(faulty, user)]
    assert set(met(faulty)) == set(names)
    faulty.http.delete("/admin/faults")
    fills = Counter((row["transaction_hash"], row["token_id"], row["size"]) for row in rows if row["type"] == "TRADE")
    assert fills == Counter((one["tx"], one["token_id"], one["size"]) for one in told["fills"])
    assert len(rows) == len(told["fills"]) + len(told["activity"])


def test_faults_are_listed_replaced_and_cleared(faulty: Sandbox) -> None:
    both = [{"name": "timeout", "seconds": 1}, {"name": "late_rows", "probability": 0.5, "delay_seconds": 30}]
    assert faulty.http.post("/admin/faults", json=both).status_code == 200
    switch_on(faulty, "timeout", seconds=0)
    told = faulty.get("/admin/faults")
    assert {one["name"] for one in told["known"]} == {kind.value for kind in FaultKind}
    assert all(len(one["description"]) > 10 for one in told["known"])
    assert [(one["name"], one["seconds"], one["probability"]) for one in told["active"]] == [
        ("timeout", 0.0, 1.0), ("late_rows", 30.0, 0.5)
    ]  # fmt: skip
    cleared = faulty.http.delete("/admin/faults").json()
    assert (cleared["active"], cleared["met"]) == ([], {})


def test_an_unknown_fault_or_field_is_refused_naming_the_nearest(faulty: Sandbox, tmp_path: Path) -> None:
    for body, words in (
        ({"name": "rate_limit"}, "unknown fault 'rate_limit'; did you mean rate_limited?"),
        ({"name": "timeout", "second": 3}, "unknown field 'second'; did you mean seconds?"),
        ([{"name": "timeout"}, {"name": "zzz"}], "unknown fault 'zzz'; known are rate_limited"),
        ({"name": "timeout", "probability": 2}, "fault timeout: probability: Input should be less than or equal to 1"),
        (7, "a fault must be an object"),
    ):
        refused = faulty.http.post("/admin/faults", json=body)
        assert refused.status_code == 400
        assert refused.json()["error"].startswith(words)
    assert faulty.http.post("/admin/faults", content=b"{").status_code == 400
    assert faulty.get("/admin/faults")["active"] == []
    with pytest.raises(ConfigError, match="unknown fault ''"):
        read_faults({})
    with pytest.raises(InputFileError, match="cannot be read"):
        read_fault_file(tmp_path / "none.json")
    (tmp_path / "profile.json").write_text("[")
    with pytest.raises(InputFileError, match="is not JSON"):
        read_fault_file(tmp_path / "profile.json")
    (tmp_path / "profile.json").write_text(json.dumps([{"name": "disconnect"}]))
    assert [fault.name for fault in read_fault_file(tmp_path / "profile.json")] == [FaultKind.DISCONNECT]


def test_every_venue_side_fault_of_the_catalogue_is_known_and_met_in_some_test() -> None:
    # F30, several fills in one transaction, is how worlds are: test_several_fills_share_a_transaction.
    venue_side = {f"F{number:02d}" for number in (*range(1, 30), 40, 47, 48, 50)}
    assert {one.number for one in CATALOGUE.values()} == venue_side | {""}
    assert set(CATALOGUE) == set(FaultKind)
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    unmet = [kind.value for kind in FaultKind if f'"{kind.value}"' not in tests]
    assert unmet == []


def test_several_fills_share_a_transaction(synthetic: SyntheticWorld) -> None:
    ledger = synthetic.ledger
    fills = Counter(zip(ledger.wallet.tolist(), ledger.tx, strict=True))
    assert sum(times > 1 for times in fills.values()) > 100


def test_the_example_of_a_mixed_profile_is_one() -> None:
    faults = read_fault_file(Path(__file__).parents[2] / "examples" / "mixed-faults.json")
    assert len({fault.name for fault in faults}) == len(faults) > 20
