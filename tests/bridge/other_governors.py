"""Governors that are not ours on the world's chain: plain, with our timelock and a clock of blocks, and Bravo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bridge.governance.forms import with_governor
from bridge.governance.governor import Proposal, list_proposals
from bridge.governance.roles import CANCELLER_ROLE, PROPOSER_ROLE
from bridge.local.accounts import account
from bridge.local.world import World
from bridge.snapshot import Snapshot

DELAY, PERIOD = 20, 50
"""Blocks from a proposal to its vote, and of the vote."""
SUPPLY = 10**24
NOBODY = "0x" + "00" * 20
DAY = 86_400


@dataclass(frozen=True)
class Dao:
    """A governor, its votes, and the timelock that executes for it, if any."""

    world: World
    governor: str
    votes: str
    executor: str

    def snapshot(self) -> Snapshot:
        """Return the newest block, with this governor in the place of ours."""
        return with_governor(self.world.snapshot(), self.governor)

    def mine(self, blocks: int) -> None:
        """Mine blocks."""
        self.world.chain.request("anvil_mine", hex(blocks))

    def proposal(self) -> Proposal:
        """Return its newest proposal."""
        return list_proposals(self.snapshot())[-1]

    def propose(self, words: str = "# Send nothing\n\nTo the one who executes.") -> Proposal:
        """Let the holder propose an empty call to an account."""
        target, holder = account("lp").address, account("voter-1")
        arguments = ([target], [0], [b""], words)
        self.world.chain.send(holder, "HedgeGovernor", self.governor, "propose", *arguments)
        return self.proposal()


def block_votes(world: World) -> str:
    """Deploy votes with a clock of blocks, all of them delegated by their holder to itself."""
    chain, holder = world.chain, account("voter-1")
    votes = chain.deploy(account("deployer"), "BlockVotes", holder.address, SUPPLY)
    chain.send(holder, "BlockVotes", votes, "delegate", holder.address)
    chain.request("anvil_mine", "0x2")
    return votes


def timelock(world: World, governor: Callable[[str], str]) -> tuple[str, str]:
    """Deploy a timelock and a governor that may use it, and return both."""
    chain, deployer = world.chain, account("deployer")
    at = chain.deploy(deployer, "HedgeTimelock", DAY, [], [NOBODY], deployer.address)
    made = governor(at)
    for role in (PROPOSER_ROLE, CANCELLER_ROLE):
        chain.send(deployer, "HedgeTimelock", at, "grantRole", role, made)
    return at, made


def plain_dao(world: World) -> Dao:
    """Deploy OpenZeppelin's Governor without a timelock, with a clock of blocks."""
    votes = block_votes(world)
    made = world.chain.deploy(account("deployer"), "PlainGovernor", votes, DELAY, PERIOD)
    return Dao(world, made, votes, made)


def counting_dao(world: World) -> Dao:
    """Deploy the same, but one that counts its proposals."""
    votes = block_votes(world)
    made = world.chain.deploy(account("deployer"), "SequentialGovernor", votes, DELAY, PERIOD)
    return Dao(world, made, votes, made)


def bravo_dao(world: World) -> Dao:
    """Deploy OpenZeppelin 4.9's Bravo with a timelock and a clock of blocks."""
    votes, deployer = block_votes(world), account("deployer")
    at, made = timelock(world, lambda lock: world.chain.deploy(deployer, "BravoGovernor", votes, lock, DELAY, PERIOD))
    return Dao(world, made, votes, at)


def block_dao(world: World) -> Dao:
    """Deploy OpenZeppelin's Governor with a timelock and a clock of blocks."""
    votes, deployer = block_votes(world), account("deployer")
    at, made = timelock(world, lambda lock: world.chain.deploy(deployer, "BlockGovernor", votes, DELAY, PERIOD, lock))
    return Dao(world, made, votes, at)
