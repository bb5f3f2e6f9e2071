"""Governor and votes: names, permits and the longest extension."""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak
from governed import GUARDIAN
from governing import VOTE, Dao
from onchain import DAY, HOUR, Node

pytestmark = pytest.mark.chain
FOREVER = 2**40


def test_names__of_token_and_governor__are_those_that_wallets_show_and_sign(dao: Dao) -> None:
    assert (dao.votes.read("name"), dao.votes.read("symbol")) == ("ALVH Hedge Votes", "ALVH")
    assert dao.votes.read("eip712Domain")[1:3] == ["ALVH Hedge Votes", "1"]
    assert dao.governor.read("name") == "ALVH Hedge Governor"


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


def test_extension__of_a_week__is_the_longest_accepted(dao: Dao, node: Node) -> None:
    terms = (dao.votes.address, dao.timelock.address, HOUR, 7 * DAY, 10 * VOTE, 10, 7 * DAY, GUARDIAN)
    assert node.deploy("HedgeGovernor", *terms).read("lateQuorumVoteExtension") == 7 * DAY


def test_settings__as_deployed__are_what_was_given(dao: Dao) -> None:
    read = dao.governor.read
    assert (read("votingDelay"), read("votingPeriod"), read("proposalThreshold")) == (HOUR, DAY, 10 * VOTE)
    assert (read("quorumNumerator"), read("timelock")) == (10, dao.timelock.address)
    assert read("proposalNeedsQueuing", 0) is True
