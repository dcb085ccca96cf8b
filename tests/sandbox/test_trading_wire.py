"""The private side over real sockets where official clients do not go: refusals, batches, positions, notifications."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import httpx
import pytest
from polymarket import SecureClient
from polymarket.errors import RequestRejectedError
from polymarket.models.clob.notifications import NotificationType

from copytrade_live.errors import ConfigError
from copytrade_live.sandbox.exchange.api_keys import sign_request
from copytrade_live.sandbox.exchange.contracts import is_position
from copytrade_live.sandbox.exchange.options import ExchangeOptions
from copytrade_live.sandbox.funding import read_fund
from copytrade_live.sandbox.ids import position_ids
from copytrade_live.sandbox.synthetic import SyntheticWorld
from copytrade_live.sandbox.venue_options import VenueOptions
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.running import Sandbox, run_server
from tests.sandbox.trading import KEY, OWNER, best, fund, open_market, step, trading_environment, truth


@contextmanager
def client_of(sandbox: Sandbox) -> Iterator[SecureClient]:
    environment = trading_environment(sandbox.url)
    with SecureClient.create(private_key=KEY, wallet=OWNER, environment=environment) as client:
        yield client


@dataclasses.dataclass
class Raw:
    """Sends what it is told, signed with a client's key, over the sandbox's own connection."""

    sandbox: Sandbox
    client: SecureClient

    def send(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        keys = self.client.credentials
        content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        timestamp = "1700000000"
        signed = {
            "POLY_ADDRESS": OWNER,
            "POLY_TIMESTAMP": timestamp,
            "POLY_API_KEY": keys.key,
            "POLY_PASSPHRASE": keys.passphrase,
            "POLY_SIGNATURE": sign_request(keys.secret, timestamp, method, path.split("?")[0], content),
        }
        return self.sandbox.http.request(method, path, content=content, headers=signed | headers)

    def order(self, **changes: Any) -> dict[str, Any]:
        """The body of a good order, or of one with some of its fields changed after signing."""
        order = self.client.create_limit_order(
            asset_id=open_market(self.sandbox.world).token_ids[0], price=0.05, size=20, side="BUY"
        )
        signed = {
            "salt": order.salt,
            "maker": order.maker,
            "signer": order.signer,
            "tokenId": order.token_id,
            "makerAmount": str(order.maker_amount),
            "takerAmount": str(order.taker_amount),
            "side": order.side,
            "expiration": "0",
            "signatureType": order.signature_type,
            "timestamp": str(order.timestamp),
            "metadata": order.metadata,
            "builder": order.builder,
            "signature": order.signature,
        }
        body = {"order": signed, "owner": self.client.credentials.key, "orderType": "GTC", "deferExec": False}
        for name, value in changes.items():
            (signed if name in signed else body)[name] = value
        return body


@pytest.fixture(scope="module")
def raw(synthetic: SyntheticWorld) -> Iterator[Raw]:
    with run_server(synthetic, synthetic.start_at, None) as sandbox:
        fund(sandbox, address=OWNER, cash=1000)
        with client_of(sandbox) as client:
            yield Raw(sandbox, client)


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"owner": "someone-else"}, 400, "the order owner has to be the owner of the API KEY"),
        ({"signer": "0x" + "11" * 20}, 400, "the order signer address has to be the address of the API KEY"),
        ({"maker": "0x" + "11" * 20}, 400, "maker address not allowed, please use the deposit wallet flow"),
        ({"makerAmount": "1010000"}, 400, "invalid signature"),
        ({"side": "HOLD"}, 400, "Invalid order payload"),
        ({"orderType": "IOC"}, 400, "Invalid order payload"),
        ({"signature": "0x"}, 400, "invalid signature"),
        ({"salt": "x"}, 400, "Invalid order payload"),
        ({"tokenId": "12345"}, 404, "No orderbook exists for the requested token id"),
        ({"orderType": "FOK", "postOnly": True}, 400, "Invalid order payload"),
    ],
)
def test_an_order_that_is_not_right_is_refused_in_the_venue_s_words(
    raw: Raw, changes: dict[str, Any], status: int, words: str
) -> None:
    answer = raw.send("POST", "/order", raw.order(**changes))
    assert (answer.status_code, answer.json()) == (status, {"error": words})


def test_a_dead_version_is_named(raw: Raw) -> None:
    body = raw.order()
    del body["order"]["timestamp"]
    body["order"] |= {"nonce": "0", "feeRateBps": "0", "taker": "0x" + "00" * 20}
    assert raw.send("POST", "/order", body).json() == {
        "error": "invalid order version, please use the latest clob-client"
    }


@pytest.mark.parametrize(
    "headers",
    [
        {"POLY_SIGNATURE": "AAAA"},
        {"POLY_API_KEY": "nobody"},
        {"POLY_PASSPHRASE": "wrong"},
        {"POLY_ADDRESS": "0x" + "11" * 20},
        {"POLY_TIMESTAMP": "soon"},
    ],
)
def test_a_request_that_is_not_signed_right_is_unauthorised(raw: Raw, headers: dict[str, str]) -> None:
    answer = raw.send("GET", "/data/orders", **headers)
    assert (answer.status_code, answer.json()) == (401, {"error": "Unauthorized/Invalid api key"})


def test_keys_of_the_body_may_come_in_any_order_and_the_query_is_not_signed(raw: Raw) -> None:
    body = raw.order()
    body["order"] = dict(reversed(body["order"].items()))
    answer = raw.send("POST", "/order", dict(reversed(body.items())))
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) >= {"errorMsg", "makingAmount", "takingAmount", "orderID", "status", "success"}
    found = raw.send("GET", f"/data/orders?id={answer.json()['orderID']}&next_cursor=MA%3D%3D").json()
    assert (found["count"], found["next_cursor"]) == (1, "LTE=")


def test_a_batch_takes_good_orders_and_explains_bad_ones(raw: Raw) -> None:
    legs = raw.send("POST", "/orders", [raw.order(), raw.order(makerAmount="1")]).json()
    assert [leg["errorMsg"] for leg in legs] == ["", "invalid signature"]
    assert legs[1]["orderID"] == ""
    too_many = raw.send("POST", "/orders", [raw.order()] * 16)
    assert too_many.json() == {"error": "Too many orders in payload: 16, max allowed: 15"}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/balance-allowance?asset_type=GOLD", "Invalid asset type"),
        ("/balance-allowance?asset_type=COLLATERAL&signature_type=9", "Invalid signature_type"),
        ("/balance-allowance?asset_type=CONDITIONAL&token_id=x", "Invalid token id"),
    ],
)
def test_a_balance_that_does_not_exist_is_refused(raw: Raw, path: str, words: str) -> None:
    assert raw.send("GET", path).json() == {"error": words}


def test_heartbeats_go_on_with_the_id_of_the_last_one(raw: Raw) -> None:
    first = raw.send("POST", "/v1/heartbeats", {"heartbeat_id": ""}).json()["heartbeat_id"]
    wrong = raw.send("POST", "/v1/heartbeats", {"heartbeat_id": "x"})
    assert (wrong.status_code, wrong.json()) == (
        400,
        {"error_msg": "Invalid Heartbeat ID", "heartbeat_id": first},
    )
    assert raw.send("POST", "/v1/heartbeats", {"heartbeat_id": first}).status_code == 200


def test_many_open_orders_come_in_pages(raw: Raw) -> None:
    for _ in range(7):
        raw.send("POST", "/orders", [raw.order() for _ in range(15)])
    first = raw.send("GET", "/data/orders").json()
    assert first["count"] == 100
    rest = raw.send("GET", f"/data/orders?next_cursor={first['next_cursor']}").json()
    assert rest["next_cursor"] == "LTE="
    ids = [row["id"] for row in first["data"] + rest["data"]]
    assert len(set(ids)) == len(ids) >= 105
    assert len(raw.send("DELETE", "/cancel-all").json()["canceled"]) == len(ids)


def test_a_protocol_v2_position_is_traded_under_domain_3(
    start_sandbox: StartSandbox, synthetic: SyntheticWorld
) -> None:
    market = open_market(synthetic)
    tokens = position_ids(market.condition_id)
    assert is_position(tokens[0])
    renamed = dataclasses.replace(market, token_ids=tokens)
    world = dataclasses.replace(
        synthetic, markets=tuple(renamed if one is market else one for one in synthetic.markets)
    )
    sandbox = start_sandbox(world)
    fund(sandbox, address=OWNER, cash=100)
    with client_of(sandbox) as client:
        _, ask = best(sandbox, tokens[1])
        bought = client.post_order(client.create_market_order(asset_id=tokens[1], side="BUY", amount=10, max_price=ask))
        assert bought.ok, bought
        step(sandbox, 10)
        held = client.get_balance_allowance(asset_type="CONDITIONAL-V2", asset_id=tokens[1]).balance
        assert held == int(bought.taking_amount * 1_000_000)


def test_a_taker_delay_is_announced_and_held(start_sandbox: StartSandbox, synthetic: SyntheticWorld) -> None:
    market = open_market(synthetic)
    options = VenueOptions(exchange=ExchangeOptions(delayed_categories=(market.category,)))
    sandbox = start_sandbox(options=options)
    fund(sandbox, address=OWNER, cash=100)
    assert sandbox.get(f"/clob-markets/{market.condition_id}")["itode"] is True
    token = market.token_ids[0]
    with client_of(sandbox) as client:
        _, ask = best(sandbox, token)
        held = client.post_order(client.create_market_order(asset_id=token, side="BUY", amount=10, max_price=ask))
        assert held.ok
        assert (held.status, held.trade_ids) == ("delayed", ())
        assert client.cancel_order(order_id=held.order_id).canceled == ()
        step(sandbox, 0.2)
        assert client.list_account_trades().first_page().items[0].taker_order_id == held.order_id


def test_owners_are_notified_and_paid_by_themselves(start_sandbox: StartSandbox, synthetic: SyntheticWorld) -> None:
    market = open_market(synthetic)
    assert market.resolved_at is not None
    sandbox = start_sandbox()
    fund(sandbox, address=OWNER, cash=100, auto_redeem=True, holdings={token: 10 for token in market.token_ids})
    with client_of(sandbox) as client:
        _, ask = best(sandbox, market.token_ids[0])
        client.post_order(
            client.create_market_order(asset_id=market.token_ids[0], side="BUY", amount=10, max_price=ask)
        )
        resting = client.post_order(
            client.create_limit_order(asset_id=market.token_ids[0], price=0.02, size=20, side="BUY")
        )
        client.cancel_order(order_id=resting.order_id)
        sandbox.http.post("/admin/step", json={"to_ms": market.resolved_at + 600_000})
        heard = client.get_notifications()
        assert {one.type for one in heard} == {
            NotificationType.ORDER_FILL,
            NotificationType.ORDER_CANCELLATION,
            NotificationType.AUTO_REDEEMED,
        }
        paid = next(one for one in heard if one.type is NotificationType.AUTO_REDEEMED)
        assert paid.payload.condition_id == market.condition_id
        assert paid.payload.amount == Decimal(truth(sandbox, "redemptions")[0]["cash"]) >= 10
        client.drop_notifications(ids=[one.id for one in heard])
        assert client.get_notifications() == ()


def test_an_order_on_a_grid_that_has_changed_is_refused_and_old_ones_rest(
    start_sandbox: StartSandbox, synthetic: SyntheticWorld
) -> None:
    market = open_market(synthetic)
    sandbox = start_sandbox()
    fund(sandbox, address=OWNER, cash=100)
    with client_of(sandbox) as client:
        orders = [
            client.create_limit_order(asset_id=market.token_ids[0], price=0.07, size=size, side="BUY")
            for size in (10, 11)
        ]
        assert client.post_order(orders[0]).ok
        fault = {"name": "tick_changed", "probability": 1.0, "most_in_row": 99, "window_seconds": 3600}
        assert sandbox.http.post("/admin/faults", json=fault).status_code == 200
        with pytest.raises(RequestRejectedError, match=r"Price \(0.07\) breaks minimum tick size rule: 0.1"):
            client.post_order(orders[1])
        assert {"price": "0.07", "size": "10"} in sandbox.get("/book", token_id=market.token_ids[0])["bids"]


def test_wallets_can_have_money_from_the_start(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(options=VenueOptions(funds=(read_fund(f"{OWNER}=12.5"),)))
    assert truth(sandbox, "balances") == [{"wallet": OWNER.lower(), "token_id": "", "balance": "12.5"}]
    with pytest.raises(ConfigError, match="must be WALLET=DOLLARS"):
        read_fund("0x1=lots")


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({}, "must name a wallet"),
        ({"address": OWNER, "cahs": 1}, "unknown field 'cahs'"),
        ({"address": "0x1"}, "40 hex digits"),
        ({"address": OWNER, "cash": "lots"}, "must be numbers"),
    ],
)
def test_a_wish_for_money_that_cannot_be_read_is_explained(raw: Raw, wish: dict[str, object], words: str) -> None:
    answer = raw.sandbox.http.post("/admin/fund", json=wish)
    assert answer.status_code == 400
    assert words in answer.json()["error"]
