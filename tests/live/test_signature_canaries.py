"""Signatures and API secrets of a live run are in the table of signed orders, which is private, and nowhere else."""

from __future__ import annotations

import base64
import json
import logging
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from copytrade_live.keys.batches import ContractCall, RelayedBatch, WalletKind
from copytrade_live.keys.signer import KeySigner
from copytrade_live.redaction import PROCESS, RedactingFormatter
from copytrade_live.runner.app import Runner
from copytrade_live.sandbox.exchange.wallets import safe_wallet
from copytrade_live.secret import Secret
from copytrade_live.settings import Home
from copytrade_live.store.export import Exporter
from copytrade_live.store.journal import Journal
from tests.live.redeeming import RELAYER_KEY, ending_market
from tests.live.test_redeeming_run import is_paid, won_and_waited
from tests.sandbox.trading import KEY, OWNER
from tests.worlds import default_world

SAFE = safe_wallet(OWNER.lower())


def forms_of(signature: bytes) -> set[bytes]:
    """How 65 bytes could show, whole or in halves."""
    halves = {signature, signature[:32], signature[32:64]}
    texts = {one.hex() for one in halves} | {base64.b64encode(one).decode().rstrip("=") for one in halves}
    texts |= {str(int.from_bytes(signature[:32], "big")), str(int.from_bytes(signature[32:64], "big"))}
    return {text.encode() for text in texts | {text.upper() for text in texts}} | halves


@pytest.mark.slow
def test_signatures_and_secrets_of_a_run_show_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    # What this run hides, and nothing that ran before it.
    monkeypatch.setattr(PROCESS, "_forms", [])
    world, metrics = default_world(), list[bytes]()

    def until(runner: Runner) -> bool:
        metrics.append(generate_latest(runner.watch.registry))
        return is_paid(runner)

    won_and_waited(world, tmp_path, SAFE, neg_risk=False, until=until)
    state = Home(tmp_path).live().state
    with Journal.open(state, "live") as journal:
        Exporter(tmp_path / "exported", journal).export()
    with closing(sqlite3.connect(state)) as connection:
        payloads = [json.loads(row[0]) for row in connection.execute("SELECT payload FROM signed_orders")]
    signatures = {bytes.fromhex(one["signature"].removeprefix("0x"))[:65] for one in payloads}
    signatures.add(of_the_redemption(world))
    # The key, the relayer's key, and the three parts of the API key that the venue gave.
    secrets = {form.encode() for form in PROCESS._forms}
    assert {KEY[2:].encode(), KEY[2:14].encode(), RELAYER_KEY.encode()} <= secrets
    assert len(signatures) >= 2
    assert len(secrets) > 10

    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    database = {state, state.with_name(f"{state.name}-wal"), state.with_name(f"{state.name}-shm")}
    formatter = RedactingFormatter(logging.Formatter("%(name)s %(message)s"))
    logged = "\n".join(map(formatter.format, caplog.records))
    seen = {str(file): file.read_bytes() for file in tmp_path.rglob("*") if file.is_file() and file not in database}
    seen |= {"logs": logged.encode(), "metrics": b"\n".join(metrics)}
    assert any("exported" in name for name in seen)
    assert any(name.endswith("decisions.jsonl") for name in seen)
    looked_for = secrets.union(*map(forms_of, signatures))
    assert {name: found for name, content in seen.items() if (found := [f for f in looked_for if f in content])} == {}
    kept = b"".join(file.read_bytes() for file in database if file.exists())
    assert [form for form in secrets if form in kept] == []


def of_the_redemption(world: object) -> bytes:
    """The signature that the relayer was sent: of the first transaction of the Safe."""
    from polymarket._internal.actions.relayer.calls import ctf_redeem_positions_call
    from polymarket.types import EvmAddress

    from copytrade_live.venue.contracts import COLLATERAL_ADAPTER, PUSD

    market, _, _ = ending_market(world, neg_risk=False)  # type: ignore[arg-type]
    call = ctf_redeem_positions_call(
        ctf=EvmAddress(COLLATERAL_ADAPTER), collateral=EvmAddress(PUSD), condition_id=market.condition_id
    )
    plain = ContractCall(target=COLLATERAL_ADAPTER, data=bytes.fromhex(call.data[2:]))
    batch = RelayedBatch(kind=WalletKind.SAFE, wallet=SAFE, chain_id=137, calls=(plain,), nonce=0)
    return KeySigner(Secret(KEY)).sign_batch(batch)
