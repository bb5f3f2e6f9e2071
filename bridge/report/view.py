"""What the template shows, worked out: headline, tiles, layers in words, the gate's balance, steps with their waits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from bridge.formats import UNKNOWN, duration, level, number, percent, usd
from bridge.report.content import ReportContent, Step
from hedge.book.positions import ConcentratedPosition, Position
from hedge.decision.positions import REALISED_SHARE
from hedge.instruments.layer import Layer, LayerRole
from hedge.layers.registry import layer_spec, role_label
from hedge.market import HORIZON_DAYS, Market, Provenance

MEANING: Final = {
    "hedge": "Buy the layers below: they cut the tail for a price within the budget.",
    "hold": "Keep the hedge that is on: trading now would cost more than the drift that it removes.",
    "do not hedge": "Leave the book as it is: no hedge on offer makes it better.",
    "leave the pool": "Withdraw the liquidity, or re-range what is out of range: fees pay less than arbitrageurs take.",
}
"""What each answer asks of the reader."""


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
    """A layer with its number, name and purpose."""

    layer: Layer
    number: str
    name: str
    purpose: str


def tiles(content: ReportContent) -> tuple[Tile, ...]:
    """Return the key figures of the plan, what matters most first."""
    plan = content.plan
    exposure, risk, costs = plan.exposure, plan.gate.risk, plan.costs
    value, numbers = exposure.value_usd, plan.decision.numbers
    cut = _share(risk.hedged - risk.unhedged, risk.unhedged, plus=True)
    return (
        Tile("Book value", usd(value), f"{_count(len(exposure.positions), 'position')}, {_in_range(content)} in range"),
        Tile(f"Tail loss hedged, {HORIZON_DAYS:.0f} days", usd(risk.hedged),
             f"CVaR95; unhedged {number(risk.unhedged)} ({cut})"),
        Tile("Cash for the overlay", usd(costs["cash_usd"]),
             f"{_share(costs['cash_usd'], value, 2)} of book value, fees of {number(costs['fees_usd'])} in it; "
             f"closing now would cost about {number(costs['exit_usd'])}"),
        Tile("Premium against budget", f"{number(costs['premium_usd'])} of {usd(costs['budget_usd'])}",
             f"{_share(costs['premium_usd'], costs['budget_usd'], 0)} used"),
        Tile(f"Fees less LVR, {HORIZON_DAYS:.0f} days", usd(numbers["fees_30d_usd"] - numbers["lvr_30d_usd"]),
             f"at {percent(REALISED_SHARE, 0)} of the implied volatility; "
             f"{_count(sum(verdict.loses for verdict in plan.decision.positions), 'position')} should not stay"),
        Tile("LVR a year", usd(exposure.lvr_usd_per_year), _fees(content)),
        Tile(f"Decay of the hedge, {HORIZON_DAYS:.0f} days", usd(costs["decay_30d_usd"]),
             f"of the bought layers; fees earn {usd(numbers['fees_30d_usd'])}"),
        Tile("Impermanent loss", usd(exposure.il_usd), f"against holding; fees owed {usd(exposure.fees_usd)}"),
    )  # fmt: skip


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
    return LayerView(layer, spec.label.capitalize(), spec.title, spec.purpose)


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


def condor_balance(content: ReportContent) -> str:
    """Say what selling condors brings and what it costs in the tail."""
    risk, credit = content.plan.gate.risk, content.plan.costs["credit_usd"]
    if credit == 0.0 and risk.hedged != risk.protected:
        return f"A condor is bought: CVaR95 moves from {number(risk.protected)} to {usd(risk.hedged)} with it."
    if credit == 0.0:
        return f"No condor is sold. CVaR95 stays at {usd(risk.protected)} with {role_label(LayerRole.PROTECTION)}."
    change = usd(risk.hedged - risk.protected, signed=True)
    return (
        f"Selling the accepted size brings in {usd(credit)} of credit and moves CVaR95 from {number(risk.protected)} "
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
