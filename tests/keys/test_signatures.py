"""Both shipped signers sign byte for byte as the official client and the recorded vectors do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st
from polymarket._internal.actions.orders.typed_data import build_order_typed_data
from polymarket._internal.actions.orders.types import BYTES32_ZERO, UnsignedOrder
from polymarket._internal.l1_auth import build_api_key_auth_typed_data

from copytrade_live.clock import ManualClock
from copytrade_live.keys.clob_signer import ClobSigner
from copytrade_live.keys.policy import PolicyGuard
from copytrade_live.keys.sdk_client import open_client
from copytrade_live.keys.signer import GuardedSigner, KeySigner, Signer, named_signer
from copytrade_live.keys.spent import SpentToday
from copytrade_live.sandbox.exchange.contracts import exchange_of
from copytrade_live.secret import Secret
from copytrade_live.settings import EXCHANGES, SigningPolicy, VenueConfig
from tests.sandbox.running import Sandbox, run_server, shared
from tests.sandbox.trading import KEY, OWNER, best, fund, open_market
from tests.worlds import default_world

SIGNERS: tuple[Signer, ...] = (KeySigner(Secret(KEY)), ClobSigner(Secret(KEY)))
REFERENCE = Account.from_key(KEY)
uint = st.integers(min_value=0, max_value=2**256 - 1)


def unsigned(**changes: Any) -> UnsignedOrder:
    plain: dict[str, Any] = {
        "chain_id": 137, "builder": BYTES32_ZERO, "exchange_address": EXCHANGES[0], "expiration": 0, "maker": OWNER,
        "maker_amount": 5_000_000, "metadata": BYTES32_ZERO, "order_type": "GTC", "salt": 479249096354, "side": "BUY",
        "signature_type": 0, "signer": OWNER, "taker_amount": 10_000_000, "timestamp": 1_700_000_000_000,
        "token_id": str(2**255 + 7), "protocol_version": "2",
    }  # fmt: skip
    return UnsignedOrder(**(plain | changes))


@pytest.mark.parametrize("signer", SIGNERS, ids=repr)
@settings(max_examples=60, deadline=None)
@given(
    token=uint, salt=st.integers(0, 2**53), maker=st.integers(0, 2**64), taker=st.integers(0, 2**64),
    side=st.sampled_from(["BUY", "SELL"]), kind=st.integers(0, 3), version=st.sampled_from(["2", "3"]),
    exchange=st.sampled_from(EXCHANGES), builder=uint,
)  # fmt: skip
def test_orders_are_signed_as_the_official_client_signs_them(
    signer: Signer, token: int, salt: int, maker: int, taker: int, side: str, kind: int, version: str, exchange: str,
    builder: int,
) -> None:  # fmt: skip
    order = unsigned(
        token_id=str(token), salt=salt, maker_amount=maker, taker_amount=taker, side=side, signature_type=kind,
        protocol_version=version, exchange_address=exchange, builder="0x" + builder.to_bytes(32, "big").hex(),
    )  # fmt: skip
    typed = build_order_typed_data(order)
    assert (
        signer.sign_typed_data(full_message=typed).signature == REFERENCE.sign_typed_data(full_message=typed).signature
    )


@pytest.mark.parametrize("signer", SIGNERS, ids=repr)
def test_logins_are_signed_as_recorded(signer: Signer) -> None:
    wanted = json.loads(shared("samples", "test_vectors.json").read_text())["l1_headers"]
    typed = build_api_key_auth_typed_data(address=OWNER, chain_id=137, timestamp=1_700_000_000)
    assert "0x" + bytes(signer.sign_typed_data(full_message=typed).signature).hex() == wanted["POLY_SIGNATURE"]


@pytest.mark.parametrize("signer", SIGNERS, ids=repr)
def test_orders_are_signed_as_recorded(signer: Signer) -> None:
    vectors = json.loads(shared("samples", "test_vectors.json").read_text())["orders"]
    for name, vector in vectors.items():
        order = vector["order"]
        exchange, version = exchange_of(order["tokenId"], neg_risk=name == "v2_negrisk")
        typed = build_order_typed_data(
            unsigned(
                salt=int(order["salt"]),
                maker=order["maker"],
                signer=order["signer"],
                token_id=order["tokenId"],
                maker_amount=int(order["makerAmount"]),
                taker_amount=int(order["takerAmount"]),
                signature_type=order["signatureType"],
                timestamp=int(order["timestamp"]),
                exchange_address=exchange,
                protocol_version=version,
            )
        )
        made = "0x" + bytes(signer.sign_typed_data(full_message=typed).signature).hex()
        assert order["signature"].startswith(made), name


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    world = default_world()
    with run_server(world, world.start_at, None) as running:
        yield running


@pytest.mark.parametrize("name", ["", "copytrade_live.keys.clob_signer:ClobSigner"])
@pytest.mark.parametrize("signature_type", [0, 3])
def test_either_signer_trades_behind_the_policy(
    sandbox: Sandbox, tmp_path: Path, name: str, signature_type: int
) -> None:
    stand = fund(sandbox, owner=OWNER, signature_type=signature_type, cash=100)
    market = open_market(sandbox.world)
    token = market.token_ids[0]
    _, ask = best(sandbox, token)
    inner = named_signer(name, lambda: Secret(KEY)) if name else KeySigner(Secret(KEY))
    spent, redeemed = SpentToday(tmp_path / "spent.json"), SpentToday(tmp_path / "redeemed.json")
    guard = PolicyGuard(SigningPolicy(), chain_id=137, spent=spent, redeemed=redeemed)
    signer = GuardedSigner(inner, guard, ManualClock(1_790_000_000_000))
    url = sandbox.url
    venue = VenueConfig(clob_url=url, data_url=url, gamma_url=url, relayer_url=url)

    async def trade() -> object:
        client = await open_client(signer, venue, cast(str, stand["address"]))
        try:
            signed = await client.create_limit_order(asset_id=token, price=ask, size=10, side="BUY")
            return await client.post_order(signed)
        finally:
            await client.close()

    assert getattr(asyncio.run(trade()), "status", "") == "matched"
