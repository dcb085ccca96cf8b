"""The key signs logins and orders within the policy, and nothing else, whoever asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from copytrade_live.clock import ManualClock
from copytrade_live.core.market import DAY
from copytrade_live.errors import PolicyRefused, StateError
from copytrade_live.keys.policy import PolicyGuard
from copytrade_live.keys.signer import GuardedSigner, KeySigner
from copytrade_live.keys.spent import SpentToday
from copytrade_live.secret import Secret
from copytrade_live.settings import EXCHANGES, SigningPolicy

KEY = Secret("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
WALLET = "0x" + "ab" * 20
NOW = 1_790_000_000_000
POLICY = SigningPolicy(max_order_notional=50.0, max_daily_notional=120.0)
_DOMAIN = [{"name": n, "type": t} for n, t in (("name", "string"), ("version", "string"), ("chainId", "uint256"))]
_CONTRACT = {"name": "verifyingContract", "type": "address"}
_ORDER = [
    {"name": name, "type": kind}
    for name, kind in (
        ("salt", "uint256"), ("maker", "address"), ("signer", "address"), ("tokenId", "uint256"),
        ("makerAmount", "uint256"), ("takerAmount", "uint256"), ("side", "uint8"), ("signatureType", "uint8"),
        ("timestamp", "uint256"), ("metadata", "bytes32"), ("builder", "bytes32"),
    )
]  # fmt: skip


def order(**changes: Any) -> dict[str, Any]:
    contract = changes.pop("contract", EXCHANGES[0])
    message = {
        "salt": 1, "maker": WALLET, "signer": WALLET, "tokenId": 7, "makerAmount": 40_000_000,
        "takerAmount": 80_000_000, "side": 0, "signatureType": 0, "timestamp": NOW, "metadata": "0x" + "0" * 64,
        "builder": "0x" + "0" * 64,
    }  # fmt: skip
    domain = {"name": "Polymarket CTF Exchange", "version": "2", "chainId": changes.pop("chain", 137)}
    return {
        "types": {"EIP712Domain": [*_DOMAIN, _CONTRACT], "Order": _ORDER},
        "primaryType": "Order",
        "domain": domain | {"verifyingContract": contract},
        "message": message | changes,
    }


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


def signer(folder: Path, clock: ManualClock) -> GuardedSigner:
    spent, redeemed = SpentToday(folder / "spent.json"), SpentToday(folder / "redeemed.json")
    made = GuardedSigner(KeySigner(KEY), PolicyGuard(POLICY, chain_id=137, spent=spent, redeemed=redeemed), clock)
    made.bind(WALLET)
    return made


def test_an_order_within_the_policy_is_signed(tmp_path: Path, clock: ManualClock) -> None:
    assert len(signer(tmp_path, clock).sign_typed_data(full_message=order()).signature) == 65


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"contract": "0x" + "99" * 20}, "signing.contracts"),
        ({"maker": "0x" + "cd" * 20}, "must be paid by"),
        ({"makerAmount": 50_000_001}, "max_order_notional"),
        ({"chain": 1}, "chain 137"),
    ],
)
def test_an_order_outside_the_policy_is_refused_with_the_limit(
    tmp_path: Path, clock: ManualClock, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(PolicyRefused, match=said):
        signer(tmp_path, clock).sign_typed_data(full_message=order(**changes))


def test_the_days_notional_outlives_a_restart_and_ends_at_midnight(tmp_path: Path, clock: ManualClock) -> None:
    for _ in range(3):
        made = signer(tmp_path, clock)
        made.sign_typed_data(full_message=order())
        made.close()
    with pytest.raises(PolicyRefused, match="max_daily_notional"):
        signer(tmp_path, clock).sign_typed_data(full_message=order(makerAmount=1_000_000))
    clock.set(NOW + DAY)
    signer(tmp_path, clock).sign_typed_data(full_message=order())


def test_a_crash_never_gives_back_what_was_signed_for(tmp_path: Path, clock: ManualClock) -> None:
    buy, signed = order(makerAmount=5_000_000), 0
    # Each crash loses at most what was set aside with the last buy: a twentieth of the day's 120.
    for _ in range(11):
        signer(tmp_path, clock).sign_typed_data(full_message=buy)
        signed += 5
    with pytest.raises(PolicyRefused, match="max_daily_notional"):
        signer(tmp_path, clock).sign_typed_data(full_message=buy)
    assert 120 - 11 * 6 <= signed <= 120


def test_few_buys_wait_for_the_disk(tmp_path: Path, clock: ManualClock) -> None:
    made, written = signer(tmp_path, clock), set()
    for _ in range(120):
        made.sign_typed_data(full_message=order(makerAmount=1_000_000))
        written.add((tmp_path / "spent.json").read_bytes())
    assert len(written) <= 20


def test_a_clock_set_back_gives_no_second_allowance(tmp_path: Path) -> None:
    made = signer(tmp_path, ManualClock(NOW))
    for _ in range(3):
        made.sign_typed_data(full_message=order())
    with pytest.raises(PolicyRefused, match="max_daily_notional"):
        signer(tmp_path, ManualClock(NOW - DAY)).sign_typed_data(full_message=order())


def test_a_sale_is_never_held_back_by_what_was_bought(tmp_path: Path, clock: ManualClock) -> None:
    made = signer(tmp_path, clock)
    for _ in range(5):
        made.sign_typed_data(full_message=order(side=1, makerAmount=900_000_000, takerAmount=500_000_000))


def test_a_damaged_record_of_the_day_stops_signing(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "spent.json").write_text("{")
    with pytest.raises(StateError, match=r"spent\.json"):
        signer(tmp_path, clock)


def test_an_order_of_a_contract_wallet_is_held_to_the_same_rules(tmp_path: Path, clock: ManualClock) -> None:
    inner = order(makerAmount=50_000_001)
    wrapped = inner | {"primaryType": "TypedDataSign", "message": {"contents": inner["message"]}}
    with pytest.raises(PolicyRefused, match="max_order_notional"):
        signer(tmp_path, clock).sign_typed_data(full_message=wrapped)


@pytest.mark.parametrize("kind", ["Permit", "Batch", "SafeTx", ""])
def test_any_other_message_is_refused(tmp_path: Path, clock: ManualClock, kind: str) -> None:
    with pytest.raises(PolicyRefused, match="only logins and orders"):
        signer(tmp_path, clock).sign_typed_data(full_message=order() | {"primaryType": kind})


def test_a_login_for_another_address_is_refused(tmp_path: Path, clock: ManualClock) -> None:
    login = {
        "primaryType": "ClobAuth",
        "domain": {"name": "ClobAuthDomain", "chainId": 137},
        "message": {"address": WALLET},
    }
    with pytest.raises(PolicyRefused, match="own address"):
        signer(tmp_path, clock).sign_typed_data(full_message=login)


def test_no_hash_and_no_transaction_of_the_key_is_ever_signed(tmp_path: Path, clock: ManualClock) -> None:
    made = signer(tmp_path, clock)
    with pytest.raises(PolicyRefused, match="a hash is never signed"):
        made.sign_message(object())
    with pytest.raises(PolicyRefused, match="no approval"):
        made.sign_transaction({})


def test_nothing_shows_the_key(tmp_path: Path, clock: ManualClock) -> None:
    made = signer(tmp_path, clock)
    assert "ac0974" not in f"{made!r} {made} {made._inner!r}"
    with pytest.raises(TypeError):
        vars(made)
