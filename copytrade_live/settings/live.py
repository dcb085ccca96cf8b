"""Real money: whose, who signs, and what the key may sign."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from copytrade_live.core.config import Section


class KeySource(StrEnum):
    """Where the key that signs orders lies."""

    KEYSTORE = "keystore"
    KEYRING = "keyring"
    ENV = "env"


# Exchange contracts of chain 137: binary, neg-risk, and of the newer protocol.
EXCHANGES = (
    "0xE111180000d2663C0091e4f400237545B87B996B",
    "0xe2222d279d744050d28e00520010520000310F59",
    "0xe3333700cA9d93003F00f0F71f8515005F6c00Aa",
)


class SigningPolicy(Section):
    """What the key may sign, enforced where the key is; changed only by a restart."""

    contracts: tuple[str, ...] = Field(EXCHANGES, description="Exchange contracts that orders may be signed for.")
    max_order_notional: float = Field(100.0, gt=0, description="Most that one buy may cost, collateral.")
    max_daily_notional: float = Field(
        1000.0, gt=0, description="Most that the buys signed on one UTC day may cost together, collateral."
    )
    max_daily_redemptions: int = Field(
        200, ge=0, description="Most redemptions signed on one UTC day; 0 signs none and leaves payouts to others."
    )


class LiveConfig(Section):
    """Whose money is traded, and who signs. No key belongs in this file."""

    wallet: str = Field(
        "",
        pattern=r"^(0x[0-9a-fA-F]{40})?$",
        description="Wallet that holds the money; empty means the deposit wallet of the key.",
    )
    key_source: KeySource = Field(KeySource.KEYSTORE, description="Where the key lies: keystore, keyring or env.")
    keystore_file: str = Field(
        "keys/keystore.json",
        description="Encrypted key, for its owner alone; relative names live in COPYTRADE_HOME.",
    )
    keyring_service: str = Field("copytrade", description="Service name of the key in the system's keyring.")
    keyring_user: str = Field("signer", description="User name of the key in the system's keyring.")
    key_variable: str = Field("COPYTRADE_KEY", description="Environment variable that holds the key; read once.")
    signer: str = Field("", description="Another signer, as module:object; empty signs with the key above.")
    relayer_variable: str = Field(
        "COPYTRADE_RELAYER_KEY",
        description="Environment variable with the relayer's API key, or a builder's as key:secret:passphrase; read "
        "once. Without one payouts are left to the venue's operator, or to you.",
    )
    relayer_address: str = Field(
        "",
        pattern=r"^(0x[0-9a-fA-F]{40})?$",
        description="Address that the relayer's API key was given to; empty means the signer's.",
    )
    allow_owner_key: bool = Field(
        False, description="Trade with the wallet owner's own key, which could move the money; a session key cannot."
    )
