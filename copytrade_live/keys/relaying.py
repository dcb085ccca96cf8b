"""The official client with its way to the relayer replaced: it signs batches that the policy can read, not hashes."""

from __future__ import annotations

from typing import cast

from polymarket._internal.actions.relayer import gasless
from polymarket._internal.actions.relayer.calls import TransactionCall
from polymarket._internal.actions.relayer.nonce import fetch_execute_params, fetch_relay_payload
from polymarket._internal.actions.relayer.signing.safe import pack_safe_signature
from polymarket._internal.actions.relayer.submit import RelayerEnvelope, submit_gasless
from polymarket.clients.async_secure import AsyncSecureClient
from polymarket.models.clob.relayer import RelayerExecuteParams, RelayerExecuteResponse, RelayerTransactionType
from polymarket.transactions import EoaTransactionHandle, GaslessTransactionHandle
from polymarket.types import HexString

from copytrade_live.keys.batches import CALL, ContractCall, RelayedBatch, WalletKind, proxied
from copytrade_live.keys.redemptions import BatchRefusal, refuse
from copytrade_live.keys.signer import GuardedSigner

_NO_KEY = (
    "the relayer wants an API key, and none was given (live.relayer_variable); until then the venue's auto-redeem "
    "operator pays, or you redeem by hand (docs/going-live.md)"
)
_SESSION = (
    "a session key trades and moves nothing, so it cannot redeem: the venue's auto-redeem operator pays, or the "
    "wallet's owner redeems by hand (docs/going-live.md)"
)


class RelayedClient(AsyncSecureClient):
    """What of the client's methods ends in a transaction comes through here; only redemptions leave again."""

    async def _dispatch_calls(self, calls: list[TransactionCall], *, metadata: str) -> GaslessTransactionHandle:
        if self._ctx.signer_type != "OWNER":
            refuse(BatchRefusal.SESSION_KEY, _SESSION)
        if self._ctx.wallet_type == "EOA":
            refuse(BatchRefusal.OWN_TRANSACTION, "a wallet that is a plain key would pay gas: redeem by hand")
        if self._ctx.api_key is None:
            refuse(BatchRefusal.NO_RELAYER_KEY, _NO_KEY)
        # Once: the client would sign and send up to eleven times in a row. Whoever redeems has a schedule for that.
        sent, config = await self._submit(calls, metadata), self._ctx.environment_config
        return GaslessTransactionHandle(
            transaction_id=sent.transaction_id,
            transaction_hash=sent.transaction_hash,
            _relayer=self._ctx.relayer,
            _max_polls=config.relayer_max_polls,
            _poll_delay_s=config.relayer_poll_frequency_ms / 1000,
        )

    async def _dispatch_single_call(self, call: TransactionCall, *, metadata: str) -> GaslessTransactionHandle:
        return await self._dispatch_calls([call], metadata=metadata)

    async def _broadcast_eoa_call(self, call: TransactionCall) -> EoaTransactionHandle:
        refuse(BatchRefusal.OWN_TRANSACTION, "the key sends no transaction of its own")

    async def _submit(self, calls: list[TransactionCall], metadata: str) -> RelayerExecuteResponse:
        make = {
            WalletKind.DEPOSIT: self._deposit_wallets,
            WalletKind.PROXY: self._proxys,
            WalletKind.SAFE: self._safes,
        }[WalletKind(self._ctx.wallet_type)]
        envelope = await make(calls, metadata)
        return await submit_gasless(self._ctx.relayer, payload=envelope)

    async def _deposit_wallets(self, calls: list[TransactionCall], metadata: str) -> RelayerEnvelope:
        ctx, given = self._ctx, await self._params(RelayerTransactionType.WALLET)
        deadline = await gasless._deposit_wallet_deadline(ctx)
        signature = self._signed(self._batch(calls, given, deadline=int(deadline)))
        return gasless.build_deposit_wallet_payload(
            signer_address=ctx.signer.address,
            deposit_wallet_factory=ctx.environment_config.wallet_derivation.deposit_wallet_factory,
            wallet=ctx.wallet,
            calls=calls,
            nonce=given.nonce,
            deadline=deadline,
            signature=signature,
            metadata=metadata,
        )

    async def _proxys(self, calls: list[TransactionCall], metadata: str) -> RelayerEnvelope:
        ctx = self._ctx
        given = await fetch_relay_payload(ctx.relayer, address=ctx.signer.address, type=RelayerTransactionType.PROXY)
        factory, relay = ctx.environment_config.wallet_derivation.proxy_factory, str(given.address)
        data = cast(HexString, "0x" + proxied(_read(calls)).hex())
        gas_limit = await gasless._estimate_proxy_gas_limit(ctx, from_address=ctx.signer.address, to=factory, data=data)
        signature = self._signed(self._batch(calls, given, relay=relay, gas_limit=int(gas_limit)))
        return gasless.build_proxy_payload(
            signer_address=ctx.signer.address,
            proxy_factory=factory,
            wallet=ctx.wallet,
            data=data,
            nonce=given.nonce,
            signature=signature,
            gas_limit=gas_limit,
            relay=given.address,
            relay_hub=ctx.environment_config.relay_hub,
            metadata=metadata,
        )

    async def _safes(self, calls: list[TransactionCall], metadata: str) -> RelayerEnvelope:
        given, first = await self._params(RelayerTransactionType.SAFE), calls[0]
        signature = self._signed(self._batch(calls, given))
        return gasless.build_safe_payload(
            signer_address=self._ctx.signer.address,
            wallet=self._ctx.wallet,
            target=first.to,
            data=first.data,
            value=first.value,
            operation=CALL,
            nonce=given.nonce,
            signature=pack_safe_signature(signature),
            metadata=metadata,
        )

    async def _params(self, kind: RelayerTransactionType) -> RelayerExecuteParams:
        return await fetch_execute_params(self._ctx.relayer, address=self._ctx.signer.address, type=kind)

    def _batch(
        self,
        calls: list[TransactionCall],
        given: RelayerExecuteParams,
        *,
        deadline: int = 0,
        relay: str = "",
        gas_limit: int = 0,
    ) -> RelayedBatch:
        return RelayedBatch(
            kind=WalletKind(self._ctx.wallet_type),
            wallet=str(self._ctx.wallet),
            chain_id=self._ctx.environment_config.chain_id,
            calls=_read(calls),
            nonce=int(given.nonce),
            deadline=deadline,
            relay=relay,
            gas_limit=gas_limit,
        )

    def _signed(self, batch: RelayedBatch) -> HexString:
        return cast(HexString, "0x" + cast(GuardedSigner, self._ctx.signer).sign_batch(batch).hex())


def _read(calls: list[TransactionCall]) -> tuple[ContractCall, ...]:
    return tuple(ContractCall(target=str(one.to), data=bytes.fromhex(one.data[2:]), value=one.value) for one in calls)
