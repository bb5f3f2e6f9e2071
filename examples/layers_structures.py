"""Pictures of docs/layers.md: what a layer may hold and what it does, a condor, the policies, fees, break-even."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter, ScalarFormatter

from examples import layers_numbers as numbers
from examples.layers_canvas import BLUE, GREEN, GREY, ORANGE, RED, THOUSANDS, canvas
from hedge.amm import break_even_vol
from hedge.instruments.contract import Contract
from hedge.instruments.fees import DERIBIT
from hedge.instruments.layer import break_evens
from hedge.instruments.listing import Listing
from hedge.layers.registry import layer_specs
from hedge.policy.parameters import Parameters
from hedge.policy.regime_policy import SCALES
from hedge.signals.signal import State

COLOURS: Final = {"delta": RED, "condor": ORANGE, "volatility": GREEN, "tail": BLUE}


def draw_roles() -> Figure:
    """Draw every listed option by tenor and delta, with the layer that may buy it and what the plan holds."""
    figure, (axes,) = canvas(1)
    listing = Listing.of_chain(numbers.CHAIN, {})
    shown = np.isfinite(listing.deltas)
    axes.plot(listing.days[shown], listing.deltas[shown], ".", color="#d1d5db", markersize=4, label="no layer")
    for spec in sorted(layer_specs(), key=lambda spec: spec.number):
        if spec.admits is not None:
            fits = spec.admits(listing, Parameters())
            axes.plot(
                listing.days[fits], listing.deltas[fits], ".", color=COLOURS[spec.name], label=f"{spec.label} may buy"
            )
    held = numbers.holdings(numbers.plan()).options
    rows = [row for row, contract in enumerate(listing.contracts()) if held.get(contract)]
    axes.plot(
        listing.days[rows], listing.deltas[rows], "o", color="black", fillstyle="none", markersize=11, label="held"
    )
    axes.set(title="What each layer may buy", xlabel="days to expiry", ylabel="delta", xscale="log")
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.set_xticks([3, 7, 14, 30, 60, 120, 240])
    axes.minorticks_off()
    axes.legend(loc="upper right")
    return figure


def draw_effects() -> Figure:
    """Draw CVaR95 of the book with each layer alone, and of the plan without each."""
    figure, panels = canvas(2)
    plan = numbers.plan()
    names = [f"layer {number}" for number in range(len(plan.effects))]
    for axes, title, values in (
        (panels[0], "One layer alone", [effect.alone.cvar_usd for effect in plan.effects]),
        (panels[1], "The plan without it", [effect.without_it.cvar_usd for effect in plan.effects]),
    ):
        axes.bar(names, values, color=[COLOURS[effect.name] for effect in plan.effects], width=0.6)
        for level, name in ((plan.risk.unhedged, "LP alone"), (plan.risk.hedged, "the plan")):
            axes.axhline(level, color=GREY, linestyle="--", linewidth=0.9)
            axes.annotate(name, (len(names) - 0.55, level), (0, 3), textcoords="offset points", color=GREY)
        axes.set(title=title, ylabel="CVaR95, thousand USD")
        axes.set_xlim(right=len(names) + 0.4)
        axes.set_ylim(0.0, 1.12 * plan.risk.unhedged)
        axes.yaxis.set_major_formatter(THOUSANDS)
    return figure


def draw_condor() -> Figure:
    """Draw the profit of one sold condor at its expiry, with its break-evens."""
    figure, (axes,) = canvas(1)
    legs, prices = numbers.condor(), np.linspace(1500.0, 2500.0, 401)
    axes.plot(prices, sum(leg.payoff(prices) - leg.cost_usd for leg in legs), color=ORANGE)
    axes.axhline(0.0, color=GREY, linewidth=0.8)
    for price in break_evens(legs):
        axes.plot(price, 0.0, "o", color=BLUE)
        axes.annotate(f"{price:,.0f}", (price, 0.0), (0, 7), textcoords="offset points", ha="center", color=BLUE)
    strikes = "/".join(f"{strike:g}" for strike in sorted(Contract.of(leg).strike for leg in legs))
    axes.set(title=f"A sold condor, {strikes}", xlabel="ETH at expiry, USD", ylabel="profit per unit, USD")
    return figure


def draw_regimes() -> Figure:
    """Draw the share of the governed budgets that each policy leaves by regime."""
    figure, (axes,) = canvas(1)
    for number, (name, scales) in enumerate(SCALES.items()):
        places = np.arange(len(State)) + 0.26 * (number - 1)
        axes.bar(places, [scales[state] for state in State], width=0.24, color=(GREY, BLUE, GREEN)[number], label=name)
    axes.set(title="Budgets of protection by regime", ylabel="share of the governed ones", xticks=range(len(State)))
    axes.set_xticklabels([str(state) for state in State])
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, 0))
    axes.legend()
    return figure


def draw_break_even() -> Figure:
    """Draw the volatility up to which fees pay for what arbitrageurs take, by fee yield and range."""
    figure, (axes,) = canvas(1)
    yields = np.linspace(0.01, 0.8, 160)
    for (low, high), colour in zip(
        ((1600.0, 2500.0), (1000.0, 4000.0), (0.0, np.inf)), (BLUE, GREEN, ORANGE), strict=True
    ):
        name = "full range" if low == 0.0 else f"{low:,.0f} to {high:,.0f}"
        axes.plot(yields, break_even_vol(2000.0, low, high, yields), color=colour, label=name)
    axes.axhline(0.65, color=GREY, linestyle="--", label="implied, 65 %")
    axes.set(title="Break-even volatility of an LP", xlabel="fees a year over value", ylabel="volatility")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, 0))
    axes.legend()
    return figure


def draw_fees() -> Figure:
    """Draw the fee of one option by its price, and as a share of it."""
    figure, panels = canvas(2)
    prices = np.linspace(0.1, 30.0, 300)
    fees = np.array([DERIBIT.usd(price, 2000.0) for price in prices])
    panels[0].plot(prices, fees, color=BLUE)
    panels[0].set(title="Fee of one option", xlabel="its price, USD", ylabel="USD")
    panels[1].plot(prices, fees / prices, color=BLUE)
    panels[1].set(title="As a share of its price", xlabel="its price, USD")
    panels[1].yaxis.set_major_formatter(PercentFormatter(1.0, 0))
    return figure


STRUCTURES: Final[dict[str, Callable[[], Figure]]] = {
    "layers-roles": draw_roles,
    "layers-effects": draw_effects,
    "layers-condor": draw_condor,
    "layers-regimes": draw_regimes,
    "layers-break-even": draw_break_even,
    "layers-fees": draw_fees,
}
