"""Of all transactions the key signs redemptions for its own wallet, hashed from what the policy read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from polymarket._internal.actions.relayer import calls as sdk
from polymarket._internal.actions.relayer.signing.deposit_wallet import sign_deposit_wallet_batch
from polymarket._internal.actions.relayer.signing.proxy import build_proxy_transaction_hash, sign_proxy_message
from polymarket._internal.actions.relayer.signing.safe import pack_safe_signature, sign_safe_transaction
from polymarket.types import EvmAddress

from copytrade_live.clock import ManualClock
from copytrade_live.core.market import DAY
from copytrade_live.errors import PolicyRefused
from copytrade_live.keys.batches import ContractCall, RelayedBatch, WalletKind, proxied
from copytrade_live.keys.clob_signer import ClobSigner
from copytrade_live.keys.policy import PolicyGuard
from copytrade_live.keys.redemptions import MOST_CALLS, BatchRefusal
from copytrade_live.keys.signer import GuardedSigner, KeySigner
from copytrade_live.keys.spent import SpentToday
from copytrade_live.secret import Secret
from copytrade_live.settings import SigningPolicy
from copytrade_live.venue.contracts import (
    COLLATERAL_ADAPTER,
    NEG_RISK_COLLATERAL_ADAPTER,
    PROXY_FACTORY,
    PUSD,
    RELAY_HUB,
    ROUTER,
)
from tests.sandbox.trading import KEY, OWNER

WALLET, THIEF = "0x" + "ab" * 20, "0x" + "66" * 20
CONDITION = "0x" + "5a" * 32
NOW = 1_790_000_000_000
CTF = "0x4d97dcd97ec945f40cf65f87097ace5ea0476045"
MULTISEND = "0xa238cbeb142c10ef7ad8442c6d1f9e89e07e7761"


def of_client(call: sdk.TransactionCall) -> ContractCall:
    return ContractCall(target=str(call.to), data=bytes.fromhex(call.data[2:]), value=call.value)


def redemption(target: str = COLLATERAL_ADAPTER, condition: str = CONDITION) -> ContractCall:
    made = sdk.ctf_redeem_positions_call(ctf=EvmAddress(target), collateral=EvmAddress(PUSD), condition_id=condition)
    return of_client(made)


def of_router(outcome: int = 1, amount: int = 7) -> ContractCall:
    head = keccak(text="redeem(bytes31,uint256,uint256)")[:4]
    return ContractCall(
        target=ROUTER, data=head + encode(["bytes31", "uint256", "uint256"], [b"\x05" * 31, outcome, amount])
    )


def batch(*calls: ContractCall, **changes: Any) -> RelayedBatch:
    plain = RelayedBatch(kind=WalletKind.DEPOSIT, wallet=WALLET, chain_id=137, calls=calls or (redemption(),), nonce=3)
    return replace(plain, **changes)


def signer(folder: Path, clock: ManualClock, *, most: int = 200, inner: Any = None) -> GuardedSigner:
    spent, redeemed = SpentToday(folder / "spent.json"), SpentToday(folder / "redeemed.json")
    guard = PolicyGuard(SigningPolicy(max_daily_redemptions=most), chain_id=137, spent=spent, redeemed=redeemed)
    made = GuardedSigner(inner or KeySigner(Secret(KEY)), guard, clock)
    made.bind(WALLET)
    return made


def refused(made: GuardedSigner, asked: RelayedBatch) -> str:
    with pytest.raises(PolicyRefused) as refusal:
        made.sign_batch(asked)
    assert str(refusal.value).startswith(refusal.value.code + ": ")
    return refusal.value.code


@pytest.mark.parametrize(
    "calls",
    [
        (redemption(),),
        (redemption(NEG_RISK_COLLATERAL_ADAPTER.upper().replace("0X", "0x")),),
        (of_router(0), of_router(1)),
        (redemption(),) * MOST_CALLS,
    ],
)
def test_redemptions_of_the_own_wallet_are_signed(tmp_path: Path, calls: tuple[ContractCall, ...]) -> None:
    assert len(signer(tmp_path, ManualClock(NOW)).sign_batch(batch(*calls))) == 65


def changed(call: ContractCall, at: int, byte: int) -> ContractCall:
    return replace(call, data=call.data[:at] + bytes([byte]) + call.data[at + 1 :])


APPROVE = of_client(sdk.erc20_approval_call(token_address=EvmAddress(PUSD), spender=EvmAddress(THIEF), amount=1))
TRANSFER = of_client(sdk.erc20_transfer_call(token_address=EvmAddress(PUSD), recipient=EvmAddress(THIEF), amount=1))
SHARES = of_client(sdk.erc1155_set_approval_for_all_call(token_address=EvmAddress(CTF), operator=EvmAddress(THIEF)))
SESSION = of_client(
    sdk.authorize_session_signer_call(
        wallet_address=EvmAddress(WALLET), session_signer=EvmAddress(THIEF), valid_until=1 << 40
    )
)
SPLIT = of_client(
    sdk.ctf_split_position_call(
        target=EvmAddress(COLLATERAL_ADAPTER), collateral=EvmAddress(PUSD), condition_id=CONDITION, amount=5
    )
)
MULTICALL = of_client(
    sdk.TransactionCall(
        to=EvmAddress(MULTISEND),
        data=sdk.encode_safe_multisend_call(
            [sdk.ctf_redeem_positions_call(ctf=EvmAddress(COLLATERAL_ADAPTER), collateral=EvmAddress(PUSD),
                                           condition_id=CONDITION)]
        ),
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (batch(chain_id=1), BatchRefusal.WRONG_CHAIN),
        (batch(wallet=THIEF), BatchRefusal.WRONG_WALLET),
        (batch(calls=()), BatchRefusal.NO_CALL),
        (batch(*(redemption(),) * (MOST_CALLS + 1)), BatchRefusal.TOO_MANY_CALLS),
        (batch(operation=1), BatchRefusal.NOT_A_PLAIN_CALL),
        (batch(redemption(), redemption(), kind=WalletKind.SAFE), BatchRefusal.NOT_A_PLAIN_CALL),
        (batch(replace(redemption(), value=1)), BatchRefusal.VALUE_SENT),
        (batch(APPROVE), BatchRefusal.UNKNOWN_CONTRACT),
        (batch(redemption(), APPROVE), BatchRefusal.UNKNOWN_CONTRACT),
        (batch(TRANSFER), BatchRefusal.UNKNOWN_CONTRACT),
        (batch(SHARES), BatchRefusal.UNKNOWN_CONTRACT),
        (batch(SESSION), BatchRefusal.UNKNOWN_CONTRACT),
        (batch(MULTICALL), BatchRefusal.UNKNOWN_CONTRACT),
        (batch(redemption(CTF)), BatchRefusal.UNKNOWN_CONTRACT),
        (batch(redemption(THIEF)), BatchRefusal.UNKNOWN_CONTRACT),
        (batch(SPLIT), BatchRefusal.UNKNOWN_SELECTOR),
        (batch(replace(APPROVE, target=COLLATERAL_ADAPTER)), BatchRefusal.UNKNOWN_SELECTOR),
        (batch(replace(redemption(), target=ROUTER)), BatchRefusal.UNKNOWN_SELECTOR),
        (batch(replace(of_router(), target=COLLATERAL_ADAPTER)), BatchRefusal.UNKNOWN_SELECTOR),
        (batch(replace(redemption(), data=b"")), BatchRefusal.UNKNOWN_SELECTOR),
        (batch(replace(redemption(), data=redemption().data[:-1])), BatchRefusal.MALFORMED_CALL),
        (batch(replace(redemption(), data=redemption().data + b"\0")), BatchRefusal.MALFORMED_CALL),
        (batch(changed(redemption(), 4 + 31, 0x99)), BatchRefusal.MALFORMED_CALL),  # another token than pUSD
        (batch(changed(redemption(), 4 + 63, 1)), BatchRefusal.MALFORMED_CALL),  # nested in another condition
        (batch(of_router(outcome=2)), BatchRefusal.MALFORMED_CALL),
        (batch(replace(of_router(), data=of_router().data + bytes(32))), BatchRefusal.MALFORMED_CALL),
    ],
)  # fmt: skip
def test_everything_else_is_refused_with_its_reason(tmp_path: Path, asked: RelayedBatch, code: BatchRefusal) -> None:
    assert refused(signer(tmp_path, ManualClock(NOW)), asked) == code.value


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_change_of_a_byte_but_in_the_condition_passes(data: st.DataObject, tmp_path_factory: Any) -> None:
    made = signer(tmp_path_factory.mktemp("one"), ManualClock(NOW))
    plain = redemption()
    at = data.draw(st.integers(0, len(plain.data) - 1).filter(lambda one: not 4 + 64 <= one < 4 + 96))
    byte = data.draw(st.integers(0, 255).filter(lambda one: one != plain.data[at]))
    assert refused(made, batch(changed(plain, at, byte))) in ("unknown_selector", "malformed_call")


def test_before_the_wallet_is_known_nothing_is_signed(tmp_path: Path) -> None:
    made = signer(tmp_path, ManualClock(NOW))
    made.bind("")
    assert refused(made, batch(wallet="")) == "wrong_wallet"


def test_the_days_count_outlives_a_restart_and_ends_at_midnight(tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    for _ in range(3):
        signer(tmp_path, clock, most=3).sign_batch(batch())
    assert refused(signer(tmp_path, clock, most=3), batch()) == "daily_count"
    clock.set(NOW + DAY)
    signer(tmp_path, clock, most=3).sign_batch(batch())
    assert refused(signer(tmp_path, clock, most=0), batch()) == "daily_count"


def test_a_signer_that_cannot_sign_batches_redeems_nothing(tmp_path: Path) -> None:
    assert refused(signer(tmp_path, ManualClock(NOW), inner=ClobSigner(Secret(KEY))), batch()) == "signer_cannot"


@settings(max_examples=60, deadline=None)
@given(
    nonce=st.integers(0, 2**64), deadline=st.integers(0, 2**40), gas=st.integers(0, 10**7), outcome=st.integers(0, 1),
    condition=st.binary(min_size=32, max_size=32),
)  # fmt: skip
def test_batches_are_signed_as_the_official_client_signs_them(
    nonce: int, deadline: int, gas: int, outcome: int, condition: bytes
) -> None:
    own, reference = KeySigner(Secret(KEY)), Account.from_key(KEY)
    calls = (redemption(condition="0x" + condition.hex()), of_router(outcome))
    theirs = [sdk.TransactionCall(to=EvmAddress(one.target), data=cast(Any, "0x" + one.data.hex())) for one in calls]
    asked = batch(*calls, nonce=nonce, deadline=deadline)
    wanted = sign_deposit_wallet_batch(
        reference, wallet=EvmAddress(WALLET), calls=theirs, nonce=str(nonce), deadline=str(deadline), chain_id=137
    )
    assert "0x" + own.sign_batch(asked).hex() == wanted
    safe = sign_safe_transaction(
        reference, safe_address=EvmAddress(WALLET), to=theirs[0].to, data=theirs[0].data, value=0, operation=0,
        nonce=str(nonce), chain_id=137,
    )  # fmt: skip
    ours = own.sign_batch(replace(asked, kind=WalletKind.SAFE, calls=calls[:1]))
    assert pack_safe_signature(cast(Any, "0x" + ours.hex())) == safe
    assert "0x" + proxied(calls).hex() == sdk.encode_proxy_call(theirs)
    hashed = build_proxy_transaction_hash(
        from_address=EvmAddress(OWNER), to=EvmAddress(PROXY_FACTORY), data=sdk.encode_proxy_call(theirs),
        relayer_fee="0", gas_price="0", gas_limit=str(gas), nonce=str(nonce), relay_hub=EvmAddress(RELAY_HUB),
        relay=EvmAddress(THIEF),
    )  # fmt: skip
    of_proxy = own.sign_batch(replace(asked, kind=WalletKind.PROXY, relay=THIEF, gas_limit=gas))
    assert "0x" + of_proxy.hex() == sign_proxy_message(reference, hashed)
