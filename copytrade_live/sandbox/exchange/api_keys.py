"""API keys: made or derived with a wallet's signature, and the HMAC that every private request carries."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.sandbox.exchange.eip712 import login_digest, recover
from copytrade_live.sandbox.exchange.options import made_uuid
from copytrade_live.sandbox.exchange.terms import Refused

UNAUTHORISED = "Unauthorized/Invalid api key"
BAD_LOGIN = "Invalid L1 Request headers"
EXISTS = "Could not create api key"
UNKNOWN = "Could not derive api key!"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """One key and whose it is. The secrets are a function of seed, owner and nonce: a sandbox has none to keep."""

    key: str
    secret: str
    passphrase: str
    address: str
    nonce: int

    def wire(self) -> dict[str, str]:
        """As the venue tells it, once."""
        return {"apiKey": self.key, "secret": self.secret, "passphrase": self.passphrase}


class ApiKeys:
    """All keys that were made. most_skew bounds how far a request's timestamp may be from now; None for not at all."""

    def __init__(self, seed: int = 0, most_skew: Instant | None = None) -> None:
        self._seed, self._most_skew = seed, most_skew
        self._keys: dict[str, ApiKey] = {}
        self._builders: dict[str, ApiKey] = {}

    def create(self, headers: Mapping[str, str]) -> ApiKey:
        """Make a key for whoever signed. Raises: Refused when it exists already."""
        key = self._derived(*_login(headers))
        if key.key in self._keys:
            raise Refused(400, EXISTS)
        self._keys[key.key] = key
        return key

    def derive(self, headers: Mapping[str, str]) -> ApiKey:
        """Tell a key again. Raises: Refused when it was never made."""
        key = self._derived(*_login(headers))
        if key.key not in self._keys:
            raise Refused(400, UNKNOWN)
        return key

    def of(self, address: str) -> list[ApiKey]:
        """A wallet owner's keys."""
        return [key for key in self._keys.values() if key.address == address.lower()]

    def find(self, key: str, secret: str, passphrase: str) -> ApiKey | None:
        """The key that all three of these belong to, as a stream asks for them."""
        found = self._keys.get(key)
        is_right = found is not None and hmac.compare_digest(
            f"{found.secret} {found.passphrase}".encode(), f"{secret} {passphrase}".encode()
        )
        return found if is_right else None

    def delete(self, key: ApiKey) -> None:
        """Forget a key."""
        self._keys.pop(key.key, None)

    def check(self, headers: Mapping[str, str], method: str, path: str, body: bytes, now: Instant) -> ApiKey:
        """Who sent a private request. Raises: Refused."""
        key = self._keys.get(headers.get("poly_api_key", ""))
        timestamp = headers.get("poly_timestamp", "")
        if key is None or not timestamp.isdecimal() or headers.get("poly_passphrase") != key.passphrase:
            raise Refused(401, UNAUTHORISED)
        if self._most_skew is not None and abs(int(timestamp) * SECOND - now) > self._most_skew:
            raise Refused(401, UNAUTHORISED)
        expected = sign_request(key.secret, timestamp, method, path, body)
        is_signed = hmac.compare_digest(expected, headers.get("poly_signature", ""))
        if not is_signed or headers.get("poly_address", "").lower() != key.address:
            raise Refused(401, UNAUTHORISED)
        return key

    def make_builder(self, key: ApiKey) -> ApiKey:
        """Make a key for a builder, that pays for transactions: one an owner."""
        made = self._keyed("builder key", key.address, 0)
        self._builders[made.key] = made
        return made

    def builders_of(self, address: str) -> list[ApiKey]:
        """An owner's builder keys."""
        return [key for key in self._builders.values() if key.address == address.lower()]

    def delete_builder(self, key: ApiKey) -> None:
        """Forget a builder's key."""
        self._builders.pop(key.key, None)

    def check_builder(self, headers: Mapping[str, str], method: str, path: str, body: bytes) -> ApiKey:
        """Whose builder key signed a request. Raises: Refused."""
        key = self._builders.get(headers.get("poly_builder_api_key", ""))
        if key is None or headers.get("poly_builder_passphrase") != key.passphrase:
            raise Refused(401, UNAUTHORISED)
        expected = sign_request(key.secret, headers.get("poly_builder_timestamp", ""), method, path, body)
        if not hmac.compare_digest(expected, headers.get("poly_builder_signature", "")):
            raise Refused(401, UNAUTHORISED)
        return key

    def _derived(self, address: str, nonce: int) -> ApiKey:
        return self._keyed("api key", address, nonce)

    def _keyed(self, kind: str, address: str, nonce: int) -> ApiKey:
        parts = (kind, self._seed, address, nonce)
        return ApiKey(
            key=made_uuid(*parts),
            secret=base64.urlsafe_b64encode(_hashed("secret", *parts)).decode(),
            passphrase=_hashed("passphrase", *parts).hex(),
            address=address,
            nonce=nonce,
        )


def sign_request(secret: str, timestamp: str, method: str, path: str, body: bytes) -> str:
    """The HMAC over time, method, path without query, and the body's exact bytes."""
    try:
        key = base64.urlsafe_b64decode(secret)
    except (binascii.Error, ValueError):
        return ""
    message = f"{timestamp}{method}{path}".encode() + body
    return base64.urlsafe_b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()


def _login(headers: Mapping[str, str]) -> tuple[str, int]:
    """The wallet that signed a login, and its nonce. Raises: Refused."""
    address, timestamp = headers.get("poly_address", "").lower(), headers.get("poly_timestamp", "")
    nonce = headers.get("poly_nonce", "0")
    try:
        signature = bytes.fromhex(headers.get("poly_signature", "").removeprefix("0x"))
        signer = recover(login_digest(address, timestamp, int(nonce)), signature)
    except ValueError:
        raise Refused(401, BAD_LOGIN) from None
    if not timestamp.isdecimal() or signer is None or signer != address:
        raise Refused(401, BAD_LOGIN)
    return address, int(nonce)


def _hashed(*parts: object) -> bytes:
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
