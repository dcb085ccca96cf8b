"""Every signing vector: logins, HMACs, and orders of every domain and wallet form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from eth_hash.auto import keccak

from copytrade_live.sandbox.chain_logs import CONDITION_RESOLUTION, ORDER_FILLED
from copytrade_live.sandbox.exchange.api_keys import ApiKeys, sign_request
from copytrade_live.sandbox.exchange.eip712 import ORDER_TYPE, SignedFields, domain_separator, struct_hash
from copytrade_live.sandbox.exchange.signatures import Sessions, check_signature
from copytrade_live.sandbox.exchange.terms import Refused
from copytrade_live.sandbox.exchange.wallets import wallets_of
from tests.sandbox.running import shared

Vectors = dict[str, Any]
ORDERS = ("v2_standard", "v2_negrisk", "v3", "v2_standard_poly1271")


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    found: Vectors = json.loads(Path(shared("samples", "test_vectors.json")).read_text())
    return found


def fields_of(order: dict[str, Any]) -> SignedFields:
    return SignedFields(
        salt=int(order["salt"]),
        maker=order["maker"],
        signer=order["signer"],
        token_id=order["tokenId"],
        making=int(order["makerAmount"]),
        taking=int(order["takerAmount"]),
        side=order["side"],
        signature_type=order["signatureType"],
        timestamp=int(order["timestamp"]),
        metadata=bytes.fromhex(order["metadata"][2:]),
        builder=bytes.fromhex(order["builder"][2:]),
    )


@pytest.mark.parametrize("name", ORDERS)
def test_the_order_id_is_the_digest_and_the_owner_is_recovered(vectors: Vectors, name: str) -> None:
    vector = vectors["orders"][name]
    fields, signature = fields_of(vector["order"]), bytes.fromhex(vector["order"]["signature"][2:])
    checked = check_signature(
        fields, signature, key_address=vectors["address"], neg_risk=name == "v2_negrisk", sessions=Sessions()
    )
    assert checked.order_id == vector["order_id_digest"]
    assert "0x" + struct_hash(fields).hex() in (vector.get("struct_hash"), vector.get("struct_hash_contents"))
    version = vector.get("domain_version", "2")
    contract = vector.get("verifyingContract", checked.spender)
    assert "0x" + domain_separator(contract, version).hex() == vector["domain_separator"]


@pytest.mark.parametrize(
    ("name", "neg_risk", "words"),
    [
        ("v2_standard", True, "invalid order version, please use the latest clob-client"),
        ("v2_negrisk", False, "invalid order version, please use the latest clob-client"),
        ("v2_standard_poly1271", True, "invalid order version, please use the latest clob-client"),
    ],
)
def test_a_signature_under_another_domain_is_an_old_version(
    vectors: Vectors, name: str, neg_risk: bool, words: str
) -> None:
    order = vectors["orders"][name]["order"]
    with pytest.raises(Refused, match=words):
        check_signature(
            fields_of(order),
            bytes.fromhex(order["signature"][2:]),
            key_address=vectors["address"],
            neg_risk=neg_risk,
            sessions=Sessions(),
        )


@pytest.mark.parametrize("name", ORDERS)
def test_a_changed_amount_or_byte_is_refused(vectors: Vectors, name: str) -> None:
    order = vectors["orders"][name]["order"]
    signature = bytes.fromhex(order["signature"][2:])
    broken = bytes([signature[0] ^ 1]) + signature[1:]
    for fields, given in ((fields_of({**order, "makerAmount": "5000001"}), signature), (fields_of(order), broken)):
        with pytest.raises(Refused, match="invalid signature"):
            check_signature(
                fields,
                given,
                key_address=vectors["address"],
                neg_risk=name == "v2_negrisk",
                sessions=Sessions(),
            )


def test_a_login_makes_one_key_which_can_be_derived_again(vectors: Vectors) -> None:
    keys = ApiKeys()
    headers = {name.lower(): value for name, value in vectors["l1_headers"].items()}
    with pytest.raises(Refused, match="Could not derive api key!"):
        keys.derive(headers)
    made = keys.create(headers)
    assert keys.derive(headers) == made
    assert made.address == vectors["address"].lower()
    with pytest.raises(Refused, match="Could not create api key"):
        keys.create(headers)
    with pytest.raises(Refused, match="Invalid L1 Request headers"):
        keys.create(headers | {"poly_timestamp": "1700000001"})


@pytest.mark.parametrize("name", ["hmac", "hmac_get_no_body"])
def test_a_request_is_signed_over_time_method_path_and_body(vectors: Vectors, name: str) -> None:
    vector = vectors[name]
    body = vector.get("body", "").encode()
    assert (
        sign_request(vector["secret"], vector["timestamp"], vector["method"], vector["path"], body)
        == vector["expected"]
    )


def test_types_and_events_hash_to_what_the_chain_shows(vectors: Vectors) -> None:
    assert "0x" + keccak(ORDER_TYPE.encode()).hex() == vectors["order_typehash"]["V2_V3"]
    for event in vectors["topic0"].values():
        assert "0x" + keccak(event["sig"].encode()).hex() == event["topic0"]
    assert vectors["topic0"]["OrderFilled_v2"]["topic0"] == ORDER_FILLED
    assert vectors["topic0"]["ConditionResolution"]["topic0"] == CONDITION_RESOLUTION


def test_the_deposit_wallet_of_the_vectors_belongs_to_its_owner(vectors: Vectors) -> None:
    wallets = wallets_of(vectors["address"].lower())
    assert wallets[vectors["orders"]["v2_standard_poly1271"]["deposit_wallet"].lower()] == 3
    assert wallets[vectors["address"].lower()] == 0
    assert ORDER_TYPE.startswith("Order(uint256 salt,")
