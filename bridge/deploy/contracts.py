"""Deploy ALVH's own contracts, and prove who may do what afterwards.

    votes -> timelock (its only proposer and executor is the governor that comes next) -> governor -> parameters ->
    oracles

No step gives the deployer a role, so none has to be taken away; `role_findings` reads the result back from the chain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_utils import keccak, to_checksum_address

from bridge.chain.node import BlockRef, Chain
from bridge.errors import ChainError, DeploymentUnsafe
from bridge.genesis import GovernanceTerms
from bridge.safe.multisig import ZERO

if TYPE_CHECKING:
    from bridge.chain.signers import Signer

ADMIN = bytes(32)
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Members:
    """Who governs: token holders with their votes (1e18), the two Safes and the oracle's reporters."""

    holders: Sequence[tuple[str, int]]
    guardian: str
    steward: str
    reporters: Sequence[str]


def feed_id(asset: str) -> bytes:
    """Return the id of an asset's feed: the hash of its name, such as `ETH-IV-30D`."""
    return keccak(text=f"{asset}-IV-30D")


def role(name: str) -> bytes:
    """Return an access-control role id by its name."""
    return keccak(text=name)


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
    progress("votes and timelock")
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
    progress("hedge parameters")
    parameters = _deploy_parameters(chain, deployer, timelock, members, terms)
    guard = chain.deploy(deployer, "ProposalGuard")
    feeds = {}
    for asset in assets:
        progress(f"volatility oracle {asset}")
        feeds[asset] = _deploy_oracle(chain, deployer, timelock, members, terms, asset)
    contracts = {
        "HedgeVotes": votes,
        "HedgeTimelock": timelock,
        "HedgeGovernor": governor,
        "HedgeParameters": parameters,
        "ProposalGuard": guard,
    }
    findings = role_findings(chain, contracts, feeds, members, deployer.address, first, chain.head())
    if findings:
        raise DeploymentUnsafe(findings)
    return contracts, feeds


def _deploy_timelock(chain: Chain, deployer: Signer, delay: int) -> str:
    """Deploy the timelock for the governor that the deployer's next transaction creates."""
    from web3.types import Nonce
    from web3.utils.address import get_create_address

    nonce, _ = chain.nonces(deployer)
    governor = get_create_address(deployer.address, Nonce(nonce + 1))
    return chain.deploy(deployer, "HedgeTimelock", delay, [governor], [governor], ZERO)


def _deploy_parameters(chain: Chain, deployer: Signer, timelock: str, members: Members, terms: GovernanceTerms) -> str:
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
    chain: Chain, deployer: Signer, timelock: str, members: Members, terms: GovernanceTerms, asset: str
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
    found = _owner_differences(chain, contracts, feeds, members, block)
    for name, wanted_holders in _wanted_roles(contracts, members).items():
        held = _role_holders(chain, name, contracts[name], since, block)
        if role("AUTOMATION_ROLE") not in held:  # nobody automates until a vote names the automation
            wanted_holders = wanted_holders | {"AUTOMATION_ROLE": set()}
        found += _role_differences(name, held, wanted_holders)
    votes = contracts["HedgeVotes"]
    if chain.read("HedgeVotes", votes, "balanceOf", deployer, block=block) and deployer not in dict(members.holders):
        found.append("the deployer holds votes that nobody gave it")
    return found


def _owner_differences(
    chain: Chain, contracts: dict[str, str], feeds: dict[str, str], members: Members, block: BlockRef
) -> list[str]:
    """Return one line for everything that the contracts name outside their roles and that is not what it should be."""
    timelock, governor = contracts["HedgeTimelock"], contracts["HedgeGovernor"]

    def read(name: str, address: str, function: str) -> Any:
        return chain.read(name, address, function, block=block)

    single: list[tuple[str, Any, Any]] = [
        ("governor's timelock", read("HedgeGovernor", governor, "timelock"), timelock),
        ("governor's token", read("HedgeGovernor", governor, "token"), contracts["HedgeVotes"]),
        ("proposal guardian", read("HedgeGovernor", governor, "proposalGuardian"), members.guardian),
    ]
    for asset, feed in feeds.items():
        single.append((f"owner of the {asset} feed", read("VolatilityOracle", feed, "owner"), timelock))
        reporters = set(read("VolatilityOracle", feed, "signers"))
        single.append((f"reporters of the {asset} feed", reporters, set(members.reporters)))
    return [f"{what} is {actual}, should be {wanted}" for what, actual, wanted in single if actual != wanted]


def _wanted_roles(contracts: dict[str, str], members: Members) -> dict[str, dict[str, set[str]]]:
    """Return who should hold each role of each contract that has roles."""
    timelock, governor = {contracts["HedgeTimelock"]}, {contracts["HedgeGovernor"]}
    duties = ("PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE")
    automation = {contracts["RegimeAutomation"]} if "RegimeAutomation" in contracts else set()
    return {
        "HedgeTimelock": {"DEFAULT_ADMIN_ROLE": timelock} | dict.fromkeys(duties, governor),
        "HedgeParameters": {
            "DEFAULT_ADMIN_ROLE": timelock,
            "STEWARD_ROLE": {members.steward},
            "GUARDIAN_ROLE": {members.guardian},
            "AUTOMATION_ROLE": automation,
        },
    }


def _role_differences(contract: str, holders: dict[bytes, set[str]], wanted: dict[str, set[str]]) -> list[str]:
    """Return one line for every role that is not held by exactly whom it should be, roles without a name included."""
    names = {ADMIN if name == "DEFAULT_ADMIN_ROLE" else role(name): name for name in wanted}
    differences = []
    for duty in [*names, *sorted(holders.keys() - names.keys())]:
        name, actual = names.get(duty, "0x" + duty.hex()), holders.get(duty, set())
        right = wanted.get(name, set())
        if actual != right:
            shown = (", ".join(sorted(members)) or "nobody" for members in (actual, right))
            differences.append("{} {} is held by {}, should be {}".format(contract, name, *shown))
    return differences


def _role_holders(chain: Chain, name: str, address: str, since: int, block: BlockRef) -> dict[bytes, set[str]]:
    """Replay a contract's role events from before its deployment: who holds which role now."""
    holders: dict[bytes, set[str]] = {}
    granted = chain.logs(name, address, "RoleGranted", since, block)
    revoked = chain.logs(name, address, "RoleRevoked", since, block)
    for entry in sorted([*granted, *revoked], key=lambda entry: (entry["blockNumber"], entry["logIndex"])):
        members = holders.setdefault(bytes(entry["args"]["role"]), set())
        change = members.add if entry["event"] == "RoleGranted" else members.discard
        change(to_checksum_address(entry["args"]["account"]))
    return {duty: members for duty, members in holders.items() if members}


__all__ = ["ChainError", "Members", "deploy_governance", "feed_id", "role", "role_findings"]
