"""Build the whole local world: other people's contracts, ours, tokens, pools, the treasury's positions, a price path.

Everything happens through transactions of the roles in `accounts`; the result is a `Deployment` like that of any other
chain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bridge.adapters.tokens import NATIVE
from bridge.chain.node import Chain
from bridge.deploy.code import deployed_places
from bridge.deploy.contracts import Members, create_own, deploy_governance
from bridge.deploy.watchers import deploy_watchers
from bridge.deployment import Deployment
from bridge.genesis import GovernanceTerms
from bridge.local.accounts import INDEX, account, accounts
from bridge.local.anvil import advance_time, count_seconds_by_blocks
from bridge.local.local_chain import LocalChain
from bridge.local.market import DEPTH, TREASURY, Market
from bridge.local.price_path import PricePath
from bridge.local.protocols import deploy_protocols
from bridge.safe.multisig import create_safe
from bridge.snapshot import Snapshot
from hedge.policy.parameters import KEY_IDS

TREASURY_FUNDS = {"USD": 20_000_000.0, "ETH": 5_000.0, "BTC": 200.0}
MAKER_FUNDS = {"USD": 500_000_000.0, "ETH": 100_000.0, "BTC": 5_000.0}
TRADER_FUNDS = {"USD": 2_000_000_000.0, "ETH": 400_000.0, "BTC": 20_000.0}
VOTES = (400_000, 350_000, 250_000)
SETTLE_SECONDS = 3600
ROLE_BALANCE_WEI = 10**24  # a million ether, as anvil gives its own accounts here
Progress = Callable[[str, float], None]
ASSETS: Final = ("BTC", "ETH")
"""What has a feed in a local world."""


@dataclass(frozen=True)
class World:
    """A built local chain: the node, the address book, and the pools for who wants to trade in them."""

    chain: Chain
    deployment: Deployment
    market: Market
    path: PricePath

    def snapshot(self) -> Snapshot:
        """Return a snapshot of the newest block."""
        return Snapshot(self.chain, self.deployment, self.chain.head())


LOCAL_TARGET_BPS: Final = 100
"""CVaR95 over a week that the DAO of a local world asks for: less than its first budgets reach, so that a plan has
something to propose. A deployment elsewhere begins with the first values."""


def local_values(values: Sequence[int]) -> tuple[int, ...]:
    """Return first values with the target of a local world."""
    key = KEY_IDS["targetCvarBps"]
    return (*values[:key], LOCAL_TARGET_BPS, *values[key + 1 :])


def build_world(chain: Chain, path: PricePath, terms: GovernanceTerms, progress: Progress) -> World:
    """Deploy everything and play the price path through the pools.

    Parameters
    ----------
    chain
        A fresh anvil.
    path
        Prices to play; the first ones are where the pools start and the positions are minted.
    terms
        First values and delays of the governance; the target is `LOCAL_TARGET_BPS`.
    progress
        Called with a description and the share that is done, 0 to 1.
    """
    terms = replace(terms, values=local_values(terms.values))
    progress("deploying Uniswap v2, v3, v4, Permit2 and Safe", 0.0)
    local = ready(chain)
    deployer, deployed_at = account("deployer"), local.head().number
    contracts = deploy_protocols(local, deployer)
    progress("creating the guardian and steward Safes", 0.1)
    safes = {
        name: create_safe(local, deployer, contracts, [owner.address for owner in accounts(name)], 2, salt)
        for salt, name in enumerate(("guardian", "steward"))
    }
    ours, feeds = deploy_governance(
        local, deployer, _members(safes), terms, ASSETS, lambda step: progress(f"deploying {step}", 0.15)
    )
    _delegate(local, ours["HedgeVotes"])
    progress("creating pools and positions", 0.25)
    tokens = deploy_tokens(local, contracts["WETH9"])
    market = open_market(local, contracts, tokens, path)
    play_path(local, market, path, progress)
    named = {name: account(name).address for name in ("lp", "operator")}
    pools = {pool.base: pool.address for pool in market.pools if pool.quote == "USD"}
    watchers = deploy_watchers(
        local, deployer, ours["HedgeParameters"], feeds, pools, terms, lambda step: progress(f"deploying {step}", 1.0)
    )
    deployment = Deployment(
        chain_id=chain.chain_id,
        deployed_at=deployed_at,
        contracts=contracts | ours | ({"RegimeAutomation": watchers.automation} if watchers.automation else {}),
        feeds=feeds,
        assets={address: asset for asset, address in tokens.items()} | {NATIVE: "ETH"},
        price_pools=pools,
        realized=watchers.realized,
        breakers=watchers.breakers,
        accounts=safes | named | {"deployer": deployer.address},
    )
    created = {at: local.created[at] for _, _, at in deployed_places(deployment)}
    made = deployment.model_copy(update={"created": created})
    return World(chain, with_own_parameters(local, made, terms), market, path)


def with_own_parameters(chain: LocalChain, deployment: Deployment, terms: GovernanceTerms) -> Deployment:
    """Deploy a ledger of parameters, and an automation of the asset's feed, for each asset of `terms.own`.

    Returns
    -------
    Deployment
        The same one, with what was deployed.
    """
    at = deployment
    members = _members({name: at.address(name) for name in ("guardian", "steward")})
    places = (at.address("HedgeTimelock"), members, terms, at.feeds, at.breakers)
    found = create_own(chain, account("deployer"), *places)
    made = at.model_copy(update={"own": {**at.own, **found}})
    new = {place for _, _, place in deployed_places(made)} - at.created.keys()
    return made.model_copy(update={"created": at.created | {place: chain.created[place] for place in new}})


def ready(chain: Chain) -> LocalChain:
    """Return the node with seconds counted by blocks and every role funded: one started elsewhere may have neither."""
    local = LocalChain(chain)
    count_seconds_by_blocks(local)
    for name in INDEX:
        local.request("anvil_setBalance", account(name).address, hex(ROLE_BALANCE_WEI))
    return local


def _members(safes: dict[str, str]) -> Members:
    voters = accounts("voter")
    return Members(
        holders=[(voter.address, votes * 10**18) for voter, votes in zip(voters, VOTES, strict=True)],
        guardian=safes["guardian"],
        steward=safes["steward"],
        reporters=[reporter.address for reporter in accounts("reporter")],
    )


def _delegate(chain: Chain, votes: str) -> None:
    """Let each voter vote with its own tokens, and lend the operator the right to propose: voter-3 delegates to it."""
    for voter in accounts("voter"):
        to = account("operator") if voter == account("voter-3") else voter
        chain.send(voter, "HedgeVotes", votes, "delegate", to.address)


def deploy_tokens(chain: Chain, weth: str) -> dict[str, str]:
    """Deploy the tokens that represent USD and BTC; returns the token of each asset."""
    deployer = account("deployer")
    return {
        "USD": chain.deploy(deployer, "TestToken", "USD Coin (local)", "USDC", 6),
        "ETH": weth,
        "BTC": chain.deploy(deployer, "TestToken", "Wrapped BTC (local)", "WBTC", 8),
    }


def open_market(chain: Chain, contracts: dict[str, str], tokens: dict[str, str], path: PricePath) -> Market:
    """Open the pools at a path's first prices, with depth and the treasury's positions in them."""
    market = Market(chain, contracts, tokens)
    start = {"USD": 1.0} | {asset: float(prices[0]) for asset, prices in path.prices.items()}
    market.create_pools(start)
    for role, funds, ranges in (
        ("market-maker", MAKER_FUNDS, DEPTH),
        ("trader", TRADER_FUNDS, ()),
        ("lp", TREASURY_FUNDS, TREASURY),
    ):
        market.fund(account(role), funds)
        for wanted in ranges:
            market.mint(account(role), wanted, start)
    market.open_other_pools(start)
    return market


def play_path(chain: Chain, market: Market, path: PricePath, progress: Progress) -> None:
    """Move the pools along the path in its own time, then keep the last price for an hour."""
    steps = len(path.seconds) - 1
    for step in range(1, steps + 1):
        progress(f"swapping along the price path, step {step} of {steps}", 0.3 + 0.7 * step / steps)
        advance_time(chain, int(path.seconds[step] - path.seconds[step - 1]))
        market.move_to({"USD": 1.0} | {asset: float(prices[step]) for asset, prices in path.prices.items()})
    advance_time(chain, SETTLE_SECONDS)
