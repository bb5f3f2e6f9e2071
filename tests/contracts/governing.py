"""A DAO on OpenZeppelin's bytecode: votes of three holders, governor, timelock, and the parameters they govern."""

from __future__ import annotations

from dataclasses import dataclass

from eth_utils import keccak
from governed import GUARDIAN, LIMITS, STEWARD, VALUES
from onchain import DAY, HOUR, Deployed, Node
from web3.utils.address import get_create_address

CANCELED, DEFEATED, SUCCEEDED, QUEUED, EXPIRED, EXECUTED = 2, 3, 4, 5, 6, 7
AGAINST, FOR = 0, 1
VOTE = 10**18
Call = tuple[list[str], list[int], list[str], bytes]


@dataclass(frozen=True)
class Dao:
    """Votes of three holders, governor, timelock and the parameters they govern."""

    node: Node
    votes: Deployed
    timelock: Deployed
    governor: Deployed
    parameters: Deployed
    holders: list[str]

    def propose(self, text: str, function: str, *arguments: object) -> tuple[int, Call]:
        """Propose one call on the parameters, and wait for the vote to open."""
        return self.propose_calls(text, [(self.parameters.address, self.parameters.encode(function, *arguments))])

    def propose_calls(self, text: str, calls: list[tuple[str, str]]) -> tuple[int, Call]:
        """Propose calls of any targets, and wait for the vote to open."""
        call = ([target for target, _ in calls], [0] * len(calls), [data for _, data in calls])
        self.governor.send("propose", *call, text, sender=self.holders[0])
        hashed = (*call, keccak(text=text))
        self.node.advance(HOUR + 1)
        return self.governor.read("getProposalId", *hashed), hashed

    def state(self, proposal: int) -> int:
        """Read the state of a proposal."""
        return int(self.governor.read("state", proposal))

    def pass_vote(self, proposal: int) -> None:
        """Let two holders vote for it, and the vote end."""
        for holder in self.holders[:2]:
            self.governor.send("castVote", proposal, FOR, sender=holder)
        self.node.advance(DAY + 1)

    def queue(self, proposal: int, call: Call) -> None:
        """Let it pass, queue it, and wait for the timelock's delay."""
        self.pass_vote(proposal)
        self.governor.send("queue", *call, sender=self.holders[2])
        self.node.advance(2 * DAY)


def open_dao(node: Node) -> Dao:
    """Deploy a DAO: one hour until the vote, one day of vote, two days of timelock, quorum 10 %."""
    holders = node.web3.eth.accounts[1:4]
    votes = node.deploy("HedgeVotes", holders, [500 * VOTE, 300 * VOTE, 200 * VOTE])
    nonce = node.web3.eth.get_transaction_count(node.deployer)
    future = get_create_address(node.deployer, nonce + 1)
    timelock = node.deploy("HedgeTimelock", 2 * DAY, [future], [future], "0x" + "00" * 20)
    terms = (votes.address, timelock.address, HOUR, DAY, 10 * VOTE, 10, 6 * HOUR, GUARDIAN)
    governor = node.deploy("HedgeGovernor", *terms)
    assert governor.address == future
    parameters = node.deploy("HedgeParameters", timelock.address, STEWARD, GUARDIAN, DAY, VALUES, LIMITS)
    for holder in holders:
        votes.send("delegate", holder, sender=holder)
    node.advance(DAY)
    return Dao(node, votes, timelock, governor, parameters, holders)
