"""Deploy ALVH's own contracts, and prove who may do what afterwards.

    votes -> timelock (its only proposer and executor is the governor that comes next) -> governor -> parameters ->
    oracles

The local world creates each as it goes; `layout` has the same functions say what they would create, in which order.

No step gives the deployer a role, so none has to be taken away; `role_findings` reads the result back from the chain
(`seats`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from eth_utils import to_checksum_address

from bridge.chain.node import BlockRef, Chain
from bridge.deploy.seats import Assigned, governance_seats
from bridge.deployment import OwnParameters
from bridge.errors import DeploymentUnsafe
from bridge.genesis import GovernanceTerms
from bridge.safe.multisig import ZERO
from bridge.sources.oracle import feed_id

if TYPE_CHECKING:
    from bridge.chain.signers import Sender, Signer

Progress = Callable[[str], None]


class Creates(Protocol):
    """Whoever creates contracts of ours: a chain, or a plan of what would be created on one."""

    def deploy(self, signer: Any, name: str, *arguments: Any) -> str:
        """Create a contract and return its address."""

    def nonces(self, signer: Any) -> tuple[int, int]:
        """Return the creator's next nonce, twice."""


@dataclass(frozen=True)
class Members:
    """Who governs: token holders with their votes (1e18), the two Safes and the oracle's reporters."""

    holders: Sequence[tuple[str, int]]
    guardian: str
    steward: str
    reporters: Sequence[str]


def deploy_governance(
    chain: Chain, deployer: Signer, members: Members, terms: GovernanceTerms, assets: Sequence[str], progress: Progress
) -> tuple[dict[str, str], dict[str, str]]:
    """Deploy votes, timelock, governor, parameters, the proposals' guard and one oracle per asset.

    Returns
    -------
    tuple
        Contracts by name, and feeds by asset.

    Raises
    ------
    DeploymentUnsafe
        A role is not where it belongs; do not use what was deployed.
    """
    first = chain.head().number
    dao = create_dao(chain, deployer, None, members, terms, progress)
    ours, feeds = create_hedging(chain, deployer, dao["HedgeTimelock"], members, terms, assets, progress)
    contracts = dao | ours
    findings = role_findings(chain, contracts, feeds, members, deployer.address, first, chain.head())
    if findings:
        raise DeploymentUnsafe(findings)
    return contracts, feeds


def create_dao(
    chain: Creates,
    deployer: Sender | Signer,
    token: str | None,
    members: Members,
    terms: GovernanceTerms,
    progress: Progress,
) -> dict[str, str]:
    """Create a DAO: its votes unless it has a token already, timelock and governor; returns them by contract name."""
    progress("votes and timelock")
    votes = token
    if votes is None:
        holders, amounts = zip(*members.holders, strict=True)
        votes = chain.deploy(deployer, "HedgeVotes", holders, amounts)
    timelock = _deploy_timelock(chain, deployer, terms.timelock_delay)
    progress("governor")
    governor = chain.deploy(
        deployer,
        "HedgeGovernor",
        votes,
        timelock,
        terms.voting_delay,
        terms.voting_period,
        terms.proposal_threshold,
        terms.quorum_percent,
        terms.vote_extension,
        members.guardian,
    )
    own = {} if token else {"HedgeVotes": votes}
    return own | {"HedgeTimelock": timelock, "HedgeGovernor": governor}


def create_hedging(
    chain: Creates,
    deployer: Sender | Signer,
    dao: str,
    members: Members,
    terms: GovernanceTerms,
    assets: Sequence[str],
    progress: Progress,
) -> tuple[dict[str, str], dict[str, str]]:
    """Create what the DAO governs: parameters, the proposals' guard and one oracle per asset.

    Parameters
    ----------
    dao
        Who acts for the DAO: its timelock, its governor where it has none, or its Safe.

    Returns
    -------
    tuple
        Contracts by name, and feeds by asset.
    """
    progress("hedge parameters")
    parameters = deploy_parameters(chain, deployer, dao, members, terms)
    guard = chain.deploy(deployer, "ProposalGuard")
    feeds = {}
    for asset in assets:
        progress(f"volatility oracle {asset}")
        feeds[asset] = _deploy_oracle(chain, deployer, dao, members, terms, asset)
    return {"HedgeParameters": parameters, "ProposalGuard": guard}, feeds


def _deploy_timelock(chain: Creates, deployer: Sender | Signer, delay: int) -> str:
    """Deploy the timelock for the governor that the deployer's next transaction creates."""
    from web3.types import Nonce
    from web3.utils.address import get_create_address

    nonce, _ = chain.nonces(deployer)
    governor = get_create_address(to_checksum_address(deployer.address), Nonce(nonce + 1))
    return chain.deploy(deployer, "HedgeTimelock", delay, [governor], [governor], ZERO)


def create_own(
    chain: Creates,
    deployer: Sender | Signer,
    dao: str,
    members: Members,
    terms: GovernanceTerms,
    feeds: Mapping[str, str],
    breakers: Mapping[str, str],
) -> dict[str, OwnParameters]:
    """Create a ledger of parameters for each asset of `terms.own`, and an automation where the asset has a breaker."""
    found = {}
    for asset in terms.own:
        ledger = deploy_parameters(chain, deployer, dao, members, terms)
        follows = (ledger, feeds[asset], breakers[asset]) if asset in breakers else None
        automation = chain.deploy(deployer, "RegimeAutomation", *follows) if follows else None
        found[asset] = OwnParameters(parameters=ledger, automation=automation)
    return found


def deploy_parameters(
    chain: Creates, deployer: Sender | Signer, timelock: str, members: Members, terms: GovernanceTerms
) -> str:
    """Deploy a ledger of parameters under a timelock: the main one, or one that an asset has of its own."""
    limits = [(x.min, x.max, x.step_up, x.step_down, x.cooldown_seconds) for x in terms.limits]
    return chain.deploy(
        deployer,
        "HedgeParameters",
        timelock,
        members.steward,
        members.guardian,
        terms.steward_delay,
        terms.values,
        limits,
    )


def _deploy_oracle(
    chain: Creates, deployer: Sender | Signer, timelock: str, members: Members, terms: GovernanceTerms, asset: str
) -> str:
    reporters = sorted(members.reporters, key=lambda address: int(address, 16))
    words = f"{asset} 30-day implied volatility, annual, 1e8 = 100 %"
    return chain.deploy(
        deployer,
        "VolatilityOracle",
        feed_id(asset),
        words,
        timelock,
        reporters,
        terms.oracle_quorum,
        terms.oracle_max_age,
        (terms.oracle_per_hour_bps, terms.oracle_per_day_bps),
        (terms.sequencer_feed, terms.sequencer_grace) if terms.sequencer_feed else (ZERO, 0),
    )


def role_findings(
    chain: Chain,
    contracts: dict[str, str],
    feeds: dict[str, str],
    members: Members,
    deployer: str,
    since: int,
    block: BlockRef,
) -> list[str]:
    """Compare every role on chain with what it should be; an empty list is the proof.

    Parameters
    ----------
    contracts, feeds, members, deployer
        What was deployed, for whom and by whom.
    since
        The block before the first deployment, `Deployment.deployed_at`: no role event is older.
    block
        The block to look at.
    """
    assigned = Assigned(members.guardian, members.steward, members.reporters)
    seats = governance_seats(chain, contracts, feeds, assigned, since, block)
    found = [seat.finding() for seat in seats if not seat.right]
    votes = contracts["HedgeVotes"]
    if chain.read("HedgeVotes", votes, "balanceOf", deployer, block=block) and deployer not in dict(members.holders):
        found.append("the deployer holds votes that nobody gave it")
    return found
