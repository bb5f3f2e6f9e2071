"""What the template shows, worked out: headline, tiles, limits, positions, layers in words, steps with their waits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from bridge.formats import UNKNOWN, duration, level, number, percent, usd
from bridge.report.content import ReportContent, Step
from hedge.book.exposure import PositionExposure
from hedge.book.positions import ConcentratedPosition, Position
from hedge.decision.metrics import LimitUse
from hedge.decision.positions import REALISED_SHARE, PositionVerdict
from hedge.decision.programme.answer import LEAST_PRICE
from hedge.decision.trades import Trade
from hedge.instruments.layer import Layer, LayerRole
from hedge.instruments.perpetual import PerpetualLeg
from hedge.layers.registry import layer_spec, role_label
from hedge.market import HORIZON_DAYS, Market, Provenance
from hedge.plan.build import Plan

MEANING: Final = {
    "hedge": "Trade the ticket below: of all that is listed it takes most off the tail within the governed budgets.",
    "hold": "Keep what is held: no trade within the budgets changes enough to be worth it.",
    "do not hedge": "Leave the book as it is: no trade within the budgets changes enough to be worth it.",
    "leave the pool": "Withdraw the liquidity, or re-range what is out of range: fees pay less than arbitrageurs take.",
}
"""What each answer asks of the reader."""
REACHED: Final = 1.0 + 1e-9
"""Share of the target up to which a tail has reached it, as `hedge.decision.decide` takes it."""


@dataclass(frozen=True)
class Tile:
    """One key figure: its name, its value and one line that puts it in proportion."""

    name: str
    value: str
    note: str


@dataclass(frozen=True)
class TimedStep:
    """A step and how long after the one before it; empty where either time is unknown."""

    step: Step
    wait: str


@dataclass(frozen=True)
class LayerView:
    """A layer with its number, name and purpose.

    Parameters
    ----------
    loss : the most that it can lose, in words.
    """

    layer: Layer
    number: str
    name: str
    purpose: str
    loss: str


@dataclass(frozen=True)
class TradeView:
    """A trade with its layer as people call it, its units, negative where sold, and whether venues quote it in coin."""

    trade: Trade
    layer: str
    units: float
    in_coin: bool


@dataclass(frozen=True)
class LimitView:
    """A limit with its unit, the share of it that is used, and what 100 more of it would take off CVaR95, in words."""

    limit: LimitUse
    unit: str
    share: str
    more: str


@dataclass(frozen=True)
class PositionView:
    """A position, its exposure, and what is to be done with it; None where the decision does not say."""

    position: Position
    exposure: PositionExposure
    verdict: PositionVerdict | None


def above_target(plan: Plan) -> bool:
    """Tell whether CVaR95 stands above its target under the answer."""
    risk = plan.risk
    loss = risk.hedged if plan.decision.answer in ("hedge", "hold") else risk.held
    return loss > risk.target * REACHED


def tiles(content: ReportContent) -> tuple[Tile, ...]:
    """Return the key figures of the plan, what matters most first."""
    plan = content.plan
    exposure, risk, costs = plan.exposure, plan.risk, plan.costs
    value, numbers = exposure.value_usd, plan.decision.numbers
    state = "if the pool is kept" if plan.decision.answer == "leave the pool" and plan.trades else "with the plan"
    cuts = (_share(risk.hedged - risk.unhedged, risk.unhedged, plus=True),
            _share(risk.month_hedged - risk.month_unhedged, risk.month_unhedged, plus=True))  # fmt: skip
    return (
        Tile("Book value", usd(value), f"{_count(len(exposure.positions), 'position')}, {_in_range(content)} in range"),
        Tile(f"Tail loss {state}, {horizon_days(plan):g} days", usd(risk.hedged),
             f"CVaR95; target {number(risk.target)}, unhedged {number(risk.unhedged)} ({cuts[0]})"),
        Tile(f"The same left alone, {HORIZON_DAYS:.0f} days", usd(risk.month_hedged),
             f"CVaR95; unhedged {number(risk.month_unhedged)} ({cuts[1]})"),
        Tile("Cash of the ticket", usd(costs["cash_usd"]),
             f"{_share(costs['cash_usd'], value, 2)} of book value, fees of {number(costs['fees_usd'])} in it; "
             f"closing all now would cost about {number(costs['exit_usd'])}"),
        Tile("Cash in options", f"{number(costs['premium_usd'])} of {usd(costs['budget_usd'])}",
             f"{_share(costs['premium_usd'], costs['budget_usd'], 0)} of the budget"),
        Tile(f"Expected cost, {HORIZON_DAYS:.0f} days",
             f"{number(costs['expected_cost_30d_usd'])} of {usd(costs['cost_budget_usd'])}",
             f"{_share(costs['expected_cost_30d_usd'], costs['cost_budget_usd'], 0)} of the budget: "
             "decay, spread and fees"),
        Tile(f"Fees less LVR, {HORIZON_DAYS:.0f} days", usd(numbers["fees_30d_usd"] - numbers["lvr_30d_usd"]),
             f"at {percent(REALISED_SHARE, 0)} of the implied volatility; "
             f"{_count(sum(verdict.loses for verdict in plan.decision.positions), 'position')} should not stay"),
        Tile("LVR a year", usd(exposure.lvr_usd_per_year), _fees(content)),
    )  # fmt: skip


def horizon_days(plan: Plan) -> float:
    """Return the days over which the plan measures the tail; 30 where nothing was measured."""
    return plan.risk.horizon_days or HORIZON_DAYS


def trade_views(plan: Plan) -> tuple[TradeView, ...]:
    """Return the ticket in its order."""
    return tuple(
        TradeView(
            trade,
            layer_spec(trade.layer).label,
            trade.quantity if trade.side == "buy" else -trade.quantity,
            not trade.instrument.endswith("-PERPETUAL"),
        )
        for trade in plan.trades
    )


def limit_views(plan: Plan) -> tuple[LimitView, ...]:
    """Return every limit of the programme in the plan's order."""
    return tuple(
        LimitView(
            limit,
            "USD of gamma per 1 %" if limit.key == "gammaCapBps" else "USD",
            _share(limit.used_usd, limit.most_usd, 0),
            number(100.0 * limit.price) if limit.price > LEAST_PRICE else UNKNOWN,
        )
        for limit in plan.limits
    )


def position_views(content: ReportContent) -> tuple[PositionView, ...]:
    """Return every position in the book's order with the verdict on it."""
    plan = content.plan
    found = list(plan.decision.positions)
    verdicts = [*found, *[None] * (len(plan.exposure.positions) - len(found))]
    rows = zip(content.book.positions, plan.exposure.positions, verdicts, strict=True)
    return tuple(PositionView(*row) for row in rows)


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _in_range(content: ReportContent) -> int:
    return sum(position.in_range for position in content.plan.exposure.positions)


def _fees(content: ReportContent) -> str:
    unknown = sum(math.isnan(position.fee_usd_per_year) for position in content.plan.exposure.positions)
    if unknown:
        return f"at implied volatility; fees of {_count(unknown, 'position')} unknown"
    fees, lvr = content.plan.exposure.fee_usd_per_year, content.plan.exposure.lvr_usd_per_year
    return f"at implied volatility; fees pay {_share(fees, lvr, 0)}"


def _share(part: float, whole: float, places: int = 1, *, plus: bool = False) -> str:
    return percent(part / whole, places, signed=plus) if whole else UNKNOWN


def layer_view(layer: Layer) -> LayerView:
    """Return a layer with what its entry in the registry says of it."""
    spec = layer_spec(layer.name)
    loss = usd(layer.max_loss_usd)
    if any(isinstance(leg, PerpetualLeg) for leg in layer.legs):
        loss = "as far as the price rises" if layer.greeks.delta < 0.0 else "as far as the price falls"
    return LayerView(layer, spec.label.capitalize(), spec.title, spec.purpose, loss)


def layers_by_asset(content: ReportContent) -> dict[str, list[LayerView]]:
    """Return the layers of each asset in the plan's order."""
    found: dict[str, list[LayerView]] = {}
    for layer in content.plan.layers:
        found.setdefault(layer.underlying, []).append(layer_view(layer))
    return found


def earning_range(position: Position, market: Market) -> str:
    """Say in which range a position earns fees: of its own price, or of the USD price of an asset."""
    if not isinstance(position, ConcentratedPosition):
        ranges = {asset: position.price_range(asset, market.spots) for asset in position.volatile}
        said = [f"{asset} from {level(ends[0])} to {level(ends[1])} USD" for asset, ends in ranges.items() if ends]
        return "; ".join(said) or "earns at every price"
    return f"{level(position.lower)} to {level(position.upper)} {position.quote} per {position.base}"


def any_simulated(content: ReportContent) -> bool:
    """Tell whether a signal of the plan comes from a simulated history."""
    return any(signal["provenance"] == Provenance.SIMULATED for signal in content.plan.inputs["signals"])


def condor_balance(plan: Plan) -> str:
    """Say what the sold condors bring and what they cost in the tail."""
    risk, credit = plan.risk, plan.costs["credit_usd"]
    if not any(layer.financing for layer in plan.layers):
        return f"No condor is sold. CVaR95 stays at {usd(risk.protected)} with {role_label(LayerRole.PROTECTION)}."
    change = usd(risk.hedged - risk.protected, signed=True)
    return (
        f"The condors that are sold bring in {usd(credit)} of credit and move CVaR95 from {number(risk.protected)} "
        f"to {usd(risk.hedged)}, a change of {change}. Unhedged it is {usd(risk.unhedged)}."
    )


def timed_steps(content: ReportContent) -> tuple[TimedStep, ...]:
    """Return the steps with the time that passed since the step before."""
    timed = []
    before: int | None = None
    for step in content.steps:
        known = step.timestamp is not None and before is not None
        waited = step.timestamp - before if step.timestamp is not None and before is not None else 0
        timed.append(TimedStep(step, f"{duration(waited)} later" if known and waited > 0 else ""))
        before = step.timestamp
    return tuple(timed)


def gas_total(content: ReportContent) -> int | None:
    """Return the gas of all steps whose gas is known; None where none is."""
    known = [step.gas for step in content.steps if step.gas is not None]
    return sum(known) if known else None
