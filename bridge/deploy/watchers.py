"""Deploy what watches and follows volatility: measurements, breakers and the regime automation; prove how they hang.

    price pool -> RealizedVolatility -> VolatilityBreaker <- VolatilityOracle (feed)
                                             |
                                      RegimeAutomation -> HedgeParameters

None of them has an owner: they borrow the roles of HedgeParameters. The automation has no power until the DAO grants it
AUTOMATION_ROLE and votes a table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.chain.node import BlockRef, Chain
from bridge.deploy.contracts import Creates
from bridge.deploy.seats import Watched, watcher_seats
from bridge.errors import DeploymentUnsafe
from bridge.genesis import GovernanceTerms

if TYPE_CHECKING:
    from bridge.chain.signers import Sender, Signer


@dataclass(frozen=True)
class Watchers:
    """Measurement and breaker by asset, and the automation where there is one."""

    realized: dict[str, str]
    breakers: dict[str, str]
    automation: str | None


def deploy_watchers(
    chain: Chain,
    deployer: Signer,
    parameters: str,
    feeds: dict[str, str],
    pools: dict[str, str],
    terms: GovernanceTerms,
    progress: Callable[[str], None],
) -> Watchers:
    """Deploy a measurement and a breaker for each feed that has a price pool, and the automation of one feed.

    Parameters
    ----------
    parameters, feeds, pools
        HedgeParameters, and by asset the volatility oracle and the Uniswap v3 pool that prices it.

    Raises
    ------
    DeploymentUnsafe
        A part reads another one than it should; do not use what was deployed.
    """
    made = create_watchers(chain, deployer, parameters, feeds, pools, terms, progress)
    findings = watcher_findings(chain, made, parameters, feeds, pools, terms, chain.head())
    if findings:
        raise DeploymentUnsafe(findings)
    return made


def create_watchers(
    chain: Creates,
    deployer: Signer | Sender,
    parameters: str,
    feeds: dict[str, str],
    pools: dict[str, str],
    terms: GovernanceTerms,
    progress: Callable[[str], None],
) -> Watchers:
    """Create them as `deploy_watchers` does; an automation only where the asset that it follows has a breaker."""
    realized, breakers = dict[str, str](), dict[str, str]()
    for asset in sorted(feeds.keys() & pools.keys()):
        progress(f"realised volatility and breaker {asset}")
        window = (terms.realized_spacing, terms.realized_intervals)
        realized[asset] = chain.deploy(deployer, "RealizedVolatility", pools[asset], *window)
        limits = (terms.breaker_ratio_bps, terms.breaker_gap_e8)
        breakers[asset] = chain.deploy(deployer, "VolatilityBreaker", parameters, feeds[asset], realized[asset], limits)
    followed = terms.automation_asset
    if followed not in breakers:
        return Watchers(realized, breakers, None)
    progress("regime automation")
    automation = chain.deploy(deployer, "RegimeAutomation", parameters, feeds[followed], breakers[followed])
    return Watchers(realized, breakers, automation)


def watcher_findings(
    chain: Chain,
    watchers: Watchers,
    parameters: str,
    feeds: dict[str, str],
    pools: dict[str, str],
    terms: GovernanceTerms,
    block: BlockRef,
) -> list[str]:
    """Compare what each part reads, and whose roles it borrows, with what it should; an empty list is the proof."""
    places = Watched(parameters, feeds, pools, watchers.realized, watchers.breakers, watchers.automation)
    seats = watcher_seats(chain, places, terms.automation_asset, block)
    return [seat.finding() for seat in seats if not seat.right]
