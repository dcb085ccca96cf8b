"""The one transaction that the key signs: our own wallet turning the shares of resolved markets into money.

Every call must be a redemption on a known contract, plain and without value. A redemption pays whoever calls, so that
nothing signed here can move money to anybody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NoReturn

from eth_utils.crypto import keccak

from copytrade_live.errors import PolicyRefused
from copytrade_live.keys.batches import CALL, ContractCall, RelayedBatch, WalletKind
from copytrade_live.venue.contracts import COLLATERAL_ADAPTER, NEG_RISK_COLLATERAL_ADAPTER, PUSD, ROUTER
from copytrade_live.venue.trading.order_hash import address_word, word

MOST_CALLS = 10


class BatchRefusal(StrEnum):
    """Why a transaction was not signed."""

    WRONG_CHAIN = "wrong_chain"
    WRONG_WALLET = "wrong_wallet"
    NO_CALL = "no_call"
    TOO_MANY_CALLS = "too_many_calls"
    NOT_A_PLAIN_CALL = "not_a_plain_call"
    VALUE_SENT = "value_sent"
    UNKNOWN_CONTRACT = "unknown_contract"
    UNKNOWN_SELECTOR = "unknown_selector"
    MALFORMED_CALL = "malformed_call"
    DAILY_COUNT = "daily_count"
    OPAQUE = "opaque"
    OWN_TRANSACTION = "own_transaction"
    SESSION_KEY = "session_key"
    NO_RELAYER_KEY = "no_relayer_key"
    SIGNER_CANNOT = "signer_cannot"


_REDEEM = keccak(text="redeemPositions(address,bytes32,bytes32,uint256[])")[:4]
_ROUTER_REDEEM = keccak(text="redeem(bytes31,uint256,uint256)")[:4]
_SELECTORS: Mapping[str, bytes] = {
    COLLATERAL_ADAPTER: _REDEEM,
    NEG_RISK_COLLATERAL_ADAPTER: _REDEEM,
    ROUTER: _ROUTER_REDEEM,
}
_WORD = 32
_CONDITION_AT = 4 + 2 * _WORD
# After the condition: where the list begins, that it has two entries, and both outcomes.
_BOTH_OUTCOMES = word(4 * _WORD) + word(2) + word(1) + word(2)


def check_redemption(batch: RelayedBatch, *, wallet: str, chain_id: int) -> None:
    """Return when the batch does nothing but redeem for this wallet. Raises: PolicyRefused with a BatchRefusal."""
    if batch.chain_id != chain_id:
        refuse(BatchRefusal.WRONG_CHAIN, f"only transactions on chain {chain_id} are signed, was {batch.chain_id}")
    if not wallet or batch.wallet.lower() != wallet.lower():
        refuse(BatchRefusal.WRONG_WALLET, f"only {wallet or 'no wallet yet'} may redeem, was {batch.wallet!r}")
    if not batch.calls:
        refuse(BatchRefusal.NO_CALL, "a transaction without a call is not signed")
    if len(batch.calls) > MOST_CALLS:
        refuse(BatchRefusal.TOO_MANY_CALLS, f"at most {MOST_CALLS} calls are signed at once, was {len(batch.calls)}")
    if batch.operation != CALL or (batch.kind is WalletKind.SAFE and len(batch.calls) > 1):
        refuse(
            BatchRefusal.NOT_A_PLAIN_CALL,
            f"only plain calls (operation 0) are signed, and one at a time for a Safe, was operation "
            f"{batch.operation} with {len(batch.calls)} calls",
        )
    for call in batch.calls:
        _check_call(call)


def _check_call(call: ContractCall) -> None:
    target, selector = call.target.lower(), call.data[:4]
    if call.value:
        refuse(BatchRefusal.VALUE_SENT, f"a redemption sends no value, was {call.value}")
    if target not in _SELECTORS:
        refuse(BatchRefusal.UNKNOWN_CONTRACT, f"{call.target} is none of the contracts that redeem")
    if selector != _SELECTORS[target]:
        refuse(BatchRefusal.UNKNOWN_SELECTOR, f"only redemptions are signed, was selector 0x{selector.hex()}")
    is_whole = _is_of_router(call.data) if target == ROUTER else _is_of_adapter(call.data)
    if not is_whole:
        refuse(BatchRefusal.MALFORMED_CALL, f"the call of {call.target} is no redemption of both outcomes into pUSD")


def _is_of_adapter(data: bytes) -> bool:
    """Whether it redeems both outcomes of one condition, nested in no other, into pUSD, and says nothing more."""
    head, tail = data[4:_CONDITION_AT], data[_CONDITION_AT + _WORD :]
    return head == address_word(PUSD) + word(0) and tail == _BOTH_OUTCOMES


def _is_of_router(data: bytes) -> bool:
    """Whether it redeems one outcome of one condition of the newer protocol, and says nothing more."""
    return len(data) == 4 + 3 * _WORD and data[4 + 31] == 0 and int.from_bytes(data[4 + _WORD : 4 + 2 * _WORD]) <= 1


def refuse(code: BatchRefusal, message: str) -> NoReturn:
    """Raises: PolicyRefused with the code."""
    raise PolicyRefused(f"{code.value}: {message}", code=code.value)
