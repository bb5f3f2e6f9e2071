"""Branches and functions of HedgeVotes that no story of its own leads through."""

from __future__ import annotations

import pytest
from eth_account.messages import encode_typed_data
from governing import Dao
from onchain import DAY, refusal
from reporters import STRANGERS

pytestmark = pytest.mark.chain
TYPES = {
    "Delegation": [
        {"name": "delegatee", "type": "address"},
        {"name": "nonce", "type": "uint256"},
        {"name": "expiry", "type": "uint256"},
    ]
}


def test_nonce__after_a_delegation_by_signature__is_used_up(dao: Dao) -> None:
    signer, delegate, expiry = STRANGERS[0], dao.holders[0], dao.node.now + DAY
    domain = {
        "name": "ALVH Hedge Votes", "version": "1", "chainId": 31_337, "verifyingContract": dao.votes.address,
    }  # fmt: skip
    message = {"delegatee": delegate, "nonce": dao.votes.read("nonces", signer.address), "expiry": expiry}
    signed = signer.sign_message(encode_typed_data(domain, TYPES, message))
    parts = (delegate, 0, expiry, signed.v, signed.r.to_bytes(32), signed.s.to_bytes(32))
    dao.votes.send("delegateBySig", *parts, sender=dao.holders[1])
    assert dao.votes.read("delegates", signer.address) == delegate
    assert dao.votes.read("nonces", signer.address) == 1
    expected = refusal("InvalidAccountNonce", signer.address.lower(), 1)
    assert dao.votes.refusal("delegateBySig", *parts, sender=dao.holders[1]) == expected
