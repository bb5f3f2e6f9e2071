"""Whole lots where several limits bind at once: coarse lots of options beside the fine ones of a perpetual."""

from __future__ import annotations

import pytest
from sample_books import MARKET, NOW, position

from hedge.book.positions import Book
from hedge.decision.programme.answer import Verdict, answer
from hedge.decision.programme.goal import Goal
from hedge.decision.programme.pose import pose
from hedge.instruments.listing import Listing
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.policy.parameters import Parameters

pytestmark = pytest.mark.unit

BOOK = Book((position("eth", 1e6),))
LISTING = Listing.of_chain(synthetic_chain("ETH", 2000.0, NOW, 0.65), {})


@pytest.mark.parametrize("cash", [40, 90, 140, 190, 240])
@pytest.mark.parametrize("cost", [20, 40, 70])
@pytest.mark.parametrize("target", [0, 300])
def test_answer__several_limits_bind__lots_keep_them_and_cost_little(cash: int, cost: int, target: int) -> None:
    """Fine lots of a perpetual once took every pass of the repair, and nothing was traded."""
    tight = Parameters(
        target_cvar_bps=target, cash_budget_bps=cash, cost_budget_bps=min(cost, cash), tail_premium_cap_bps=cash // 4,
        volatility_premium_cap_bps=cash, delta_share_bps=10_000,
    )  # fmt: skip
    posed = pose(Goal(tight, 1e6, scenarios=512), BOOK, MARKET, {"ETH": LISTING})
    found = answer(posed.problem)
    assert found.verdict is Verdict.TRADE
    assert posed.problem.allows(found.units)
    assert found.lots_loss <= 0.01 * found.cvar_before
