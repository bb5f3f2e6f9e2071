"""What a plan says beside its trades: what its options are worth, hold or move, bets of the pools, valuation screens.

None of it decides a trade or a proposal: it is worked out from a plan that is made, and is no part of its record.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.config import BookConfig
from bridge.plans.make import Planned
from bridge.plans.pool_bets import bets_of
from bridge.plans.screens import Screened, read_screens
from hedge.decision.motions import MoveTerms, PositionMotion, position_motions
from hedge.decision.positions import REALISED_SHARE
from hedge.market import HORIZON_DAYS
from hedge.valuation.leg_worth import LegWorth, leg_worths
from hedge.valuation.pool_bets import PoolBets


@dataclass(frozen=True)
class PlanIdeas:
    """What a plan says beside its trades.

    Parameters
    ----------
    worth
        What each bought option costs over what it should pay.
    motions
        Hold or move, for each position in the book's order.
    bets
        The pools as bets.
    screened
        Exposure that the screens allow; None without screens.
    """

    worth: tuple[LegWorth, ...]
    motions: tuple[PositionMotion, ...]
    bets: PoolBets
    screened: Screened | None

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types."""
        return {
            "price_to_payoff": [leg.to_dict() for leg in self.worth],
            "hold_or_move": [motion.to_dict() for motion in self.motions],
            "diversification": self.bets.to_dict(),
            "screens": self.screened.to_dict() if self.screened else None,
        }


def plan_ideas(planned: Planned, terms: BookConfig, screens: Path | None = None) -> PlanIdeas:
    """Work out what a plan says beside its trades.

    Parameters
    ----------
    terms
        What moving a position costs, and the file of screens where `screens` is not given.

    Raises
    ------
    BadFile
        The file of screens cannot be used.
    """
    plan, seen = planned.plan, planned.observation
    forecast = {asset: REALISED_SHARE * seen.market.vol(asset) for asset in seen.book.assets}
    file = screens or terms.screens
    return PlanIdeas(
        leg_worths(plan.layers, forecast),
        position_motions(seen.book, plan.exposure, plan.decision.positions, seen.market, _moves(planned, terms)),
        bets_of(seen.book, plan.exposure, seen.market, planned.readings.histories),
        read_screens(file, plan.exposure, seen.market) if file else None,
    )


def _moves(planned: Planned, terms: BookConfig) -> MoveTerms:
    days = planned.plan.risk.horizon_days or HORIZON_DAYS
    return MoveTerms(terms.risk_aversion, terms.move_cost, terms.move_fixed_usd, days)
