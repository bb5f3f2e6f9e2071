"""The votes: a fixed supply, a clock of seconds, and what a holder signs away."""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak
from governed import GUARDIAN
from governing import VOTE, Dao
from onchain import DAY, Node, refusal
from reporters import STRANGERS

pytestmark = pytest.mark.chain
FOREVER = 2**40
TYPES = {
    "Delegation": [
        {"name": "delegatee", "type": "address"},
        {"name": "nonce", "type": "uint256"},
        {"name": "expiry", "type": "uint256"},
    ]
}


def test_names__of_token_and_governor__are_those_that_wallets_show_and_sign(dao: Dao) -> None:
    assert (dao.votes.read("name"), dao.votes.read("symbol")) == ("ALVH Hedge Votes", "ALVH")
    assert dao.votes.read("eip712Domain")[1:3] == ["ALVH Hedge Votes", "1"]
    assert dao.governor.read("name") == "ALVH Hedge Governor"


def test_votes__clock__counts_seconds_and_supply_is_fixed(dao: Dao) -> None:
    assert dao.votes.read("CLOCK_MODE") == dao.governor.read("CLOCK_MODE") == "mode=timestamp"
    assert dao.votes.read("clock") == dao.node.now
    assert dao.votes.read("totalSupply") == 1000 * VOTE
    assert not {"mint", "owner"} & {entry.get("name") for entry in dao.votes.abi}


def test_votes__lists_that_do_not_pair__refused(node: Node) -> None:
    assert node.deploy_refusal("HedgeVotes", [GUARDIAN], [1, 2]) == refusal("HoldersMismatch", 1, 2)


def test_permit__signed_by_a_holder__counts_its_nonce(dao: Dao) -> None:
    owner = Account.from_key(keccak(text="holder"))
    domain = {"name": "ALVH Hedge Votes", "version": "1", "chainId": 31_337, "verifyingContract": dao.votes.address}
    fields = {"owner": "address", "spender": "address", "value": "uint256", "nonce": "uint256", "deadline": "uint256"}
    types = {"Permit": [{"name": name, "type": kind} for name, kind in fields.items()]}
    message = {"owner": owner.address, "spender": GUARDIAN, "value": VOTE, "nonce": 0, "deadline": FOREVER}
    signed = owner.sign_message(encode_typed_data(domain, types, message))
    parts = (signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big"))
    assert dao.votes.read("nonces", owner.address) == 0
    dao.votes.send("permit", owner.address, GUARDIAN, VOTE, FOREVER, *parts, sender=dao.node.deployer)
    assert dao.votes.read("nonces", owner.address) == 1
    assert dao.votes.read("allowance", owner.address, GUARDIAN) == VOTE


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
