"""Pictures of docs/layers.md that show how a layer is built: condor, layer 2, puts, parity, rolls, press, policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator, PercentFormatter, StrMethodFormatter

from examples import layers_numbers as numbers
from examples.layers_canvas import BLUE, GREEN, GREY, ORANGE, RED, THOUSANDS, canvas
from hedge.amm import break_even_vol
from hedge.instruments.fees import DERIBIT
from hedge.instruments.layer import break_evens, build_layer
from hedge.instruments.parity import scan_parity
from hedge.layers.budget import Budget
from hedge.layers.condor import condor_layer, condor_structure
from hedge.layers.tail import tail_layer
from hedge.policy.parameters import Parameters
from hedge.policy.tenor_shifts import Shift, shifted
from hedge.risk.measures import cvar, layers_pnl
from hedge.risk.scenarios import vol_move
from hedge.signals.signal import State
from hedge.update.promoter import promote


def draw_condor() -> Figure:
    """Draw the profit of one condor at its expiry, sold and bought, with its break-evens."""
    figure, panels = canvas(2)
    prices = np.linspace(1500.0, 2500.0, 401)
    for axes, bought in zip(panels, (False, True), strict=True):
        legs = condor_structure(numbers.CHAIN, Parameters(), bought=bought)
        profit = sum(leg.payoff(prices) - leg.cost_usd for leg in legs)
        axes.plot(prices, profit, color=ORANGE)
        axes.axhline(0.0, color=GREY, linewidth=0.8)
        for price in break_evens(legs):
            axes.plot(price, 0.0, "o", color=BLUE)
            axes.annotate(f"{price:,.0f}", (price, 0.0), (0, 7), textcoords="offset points", ha="center", color=BLUE)
        axes.set(title="Bought" if bought else "Sold", xlabel="ETH at expiry, USD", ylabel="profit per unit, USD")
    return figure


def draw_candidates() -> Figure:
    """Draw the cost of vega of every way to buy volatility, the index's term structure flat and sloping up."""
    figure, panels = canvas(2)
    for axes, slope in zip(panels, (0.0, 2.0), strict=True):
        found = sorted(numbers.vega_candidates(slope), key=lambda candidate: -candidate.cost)
        colours = [BLUE if candidate.name.startswith("DVOL") else GREEN for candidate in found]
        axes.barh([candidate.name for candidate in found], [candidate.cost for candidate in found], color=colours)
        axes.set(
            title="DVOL flat" if slope == 0.0 else f"DVOL futures up {slope:g} points a month",
            xlabel="volatility lost in 30 days per unit of vega",
        )
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, 0))
        axes.xaxis.set_major_locator(MultipleLocator(0.05))
    return figure


def draw_tail() -> Figure:
    """Draw what the book loses by price and what the tail puts gain, after 30 days."""
    figure, (axes,) = canvas(1)
    prices = np.linspace(1000.0, 2400.0, 281)
    lost = numbers.BOOK.value_usd({"ETH": prices}) - 1e6
    tail = numbers.plan(State.NORMAL).layers[0]
    axes.plot(prices, lost, color=GREY, label="the book alone")
    ample = tail_layer(numbers.MARKET, numbers.EXPOSURE, numbers.CHAIN, Parameters(), Budget(1e9, 1e12))
    for layer, colour, name in ((tail, BLUE, "tail puts within the premium cap"), (ample, GREEN, "half of it covered")):
        gain = sum(leg.value(prices, 30 / 365, vol_move(prices / 2000.0)) - leg.cost_usd for leg in layer.legs)
        axes.plot(prices, gain, color=colour, label=name)
    axes.axvline(numbers.EXPOSURE.tail_price, color=RED, linewidth=0.9, linestyle="--")
    axes.annotate(
        "mean of the worst 5 %", (numbers.EXPOSURE.tail_price, 0.0), (6, 30), textcoords="offset points", color=RED
    )
    axes.set(title="What is lost and what is won", xlabel="ETH in 30 days, USD", ylabel="profit, thousand USD")
    axes.yaxis.set_major_formatter(THOUSANDS)
    axes.legend()
    return figure


def draw_parity() -> Figure:
    """Draw the forwards that the strikes of one expiry imply, at executable quotes, with and without fees."""
    figure, (axes,) = canvas(1)
    expiry_at = numbers.CHAIN.first_expiry(30.0)
    for chain, style, name in ((numbers.CHAIN, "-", "after fees"), (numbers.FREE, ":", "before fees")):
        quotes = [forward for forward in scan_parity(chain).quotes if forward.expiry_at == expiry_at]
        strikes = [forward.strike for forward in quotes]
        axes.plot(
            strikes, [forward.bought_at - 2000.0 for forward in quotes], style, color=RED, label=f"bought, {name}"
        )
        axes.plot(strikes, [forward.sold_at - 2000.0 for forward in quotes], style, color=GREEN, label=f"sold, {name}")
    axes.axhline(0.0, color=GREY, linewidth=0.8)
    axes.set(title="The forward by strike", xlabel="strike, USD", ylabel="from the listed forward, USD")
    axes.legend()
    return figure


def draw_roll() -> Figure:
    """Draw the tenors of layers 2 and 3 as governed, shifted forward and shifted back."""
    figure, (axes,) = canvas(1)
    cases = {
        "volatility peaks: layer 2 back": (Shift("volatility", -1, ""),),
        "volatility turns up, or few carry a rise: both forward": (Shift("volatility", 1, ""), Shift("tail", 1, "")),
        "as governed": (),
    }
    for row, shifts in enumerate(cases.values()):
        p = shifted(Parameters(), shifts)
        for days, colour in (
            (p.tail_tenor_days, BLUE),
            (p.volatility_tenor_days, GREEN),
            (p.condor_tenor_days, ORANGE),
        ):
            axes.barh(row, days, height=0.5, color=colour)
            axes.annotate(f"{days}", (days, row), (3, 0), textcoords="offset points", va="center", fontsize=8.5)
    axes.set(
        title="Layers 1, 2 and 3 in time", xlabel="days to expiry", yticks=range(len(cases)), yticklabels=list(cases)
    )
    return figure


def draw_rolls() -> Figure:
    """Draw CVaR95 by the size of the sold condor: one week, and sold again each week to the horizon."""
    figure, (axes,) = canvas(1)
    sold = condor_structure(numbers.CHAIN, Parameters())
    held = numbers.plan(State.NORMAL).layers[:2]
    sizes = np.linspace(0.0, 120.0, 25)
    tails = [numbers.tails((*held, build_layer("condor", "ETH", sold, float(size), 2000.0, ""))) for size in sizes]
    axes.plot(sizes, [once for once, _ in tails], color=BLUE, label="one condor, then none")
    axes.plot(sizes, [rolled for _, rolled in tails], color=ORANGE, label="sold again at each expiry")
    axes.axhline(cvar(numbers.scenarios()[1]), color=GREY, linestyle="--", label="unhedged")
    axes.set(title="A month of condors", xlabel="units sold", ylabel="CVaR95, thousand USD")
    axes.yaxis.set_major_formatter(THOUSANDS)
    axes.legend()
    return figure


def draw_press() -> Figure:
    """Draw the premium that layer 1 brings in or costs by regime, scaled to 30 days, beside the budget."""
    figure, (axes,) = canvas(1)
    for row, state in enumerate(State):
        condor = numbers.plan(state).layers[2]
        month = condor.credit_usd * 30 / 365 / condor.legs[0].expiry if condor.legs else 0.0
        axes.bar(row, month, color=GREEN if month > 0.0 else RED, width=0.6)
    axes.axhline(numbers.plan(State.NORMAL).costs["budget_usd"], color=GREY, linestyle="--", label="governed budget")
    axes.axhline(0.0, color=GREY, linewidth=0.8)
    axes.set(title="Layer 1 by regime", ylabel="credit in 30 days, thousand USD", xticks=range(len(State)))
    axes.set_xticklabels([str(state) for state in State])
    axes.yaxis.set_major_formatter(THOUSANDS)
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


def draw_gate() -> Figure:
    """Draw net gamma and CVaR95 by the size of the sold condor, with the limits that the gate keeps."""
    figure, panels = canvas(2)
    plan = numbers.plan(State.NORMAL)
    (gate,), held = plan.gate.condors, plan.layers[:2]
    sold = condor_structure(numbers.CHAIN, Parameters())
    sizes = np.linspace(0.0, 1.4 * gate.risk_units, 30)
    gamma, tail = gate.bounds
    slope = (gamma.at_asked - gamma.before) / gate.asked
    tails = [numbers.tails((*held, build_layer("condor", "ETH", sold, float(size), 2000.0, "")))[1] for size in sizes]
    rows = (
        (panels[0], "Net gamma, USD per 1 %", gamma.before + slope * sizes, gamma.limit),
        (panels[1], "CVaR95, USD", np.array(tails), tail.limit),
    )
    for axes, title, values, limit in rows:
        axes.plot(sizes, values, color=ORANGE)
        axes.axhline(limit, color=GREY, linestyle="--", label="limit")
        axes.axvline(gate.accepted, color=BLUE, linewidth=0.9, label="accepted")
        axes.axvline(gate.risk_units, color=RED, linewidth=0.9, linestyle=":", label="most that risk allows")
        axes.set(title=title, xlabel="units sold")
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    panels[0].legend()
    return figure


def draw_policies() -> Figure:
    """Draw CVaR95 and variance of the book alone, with the steward's plan, and with what the promoter sells."""
    figure, panels = canvas(2)
    drawn, alone = numbers.scenarios()
    chased = promote(Parameters()).parameters
    sold = condor_layer(numbers.MARKET, numbers.EXPOSURE, numbers.CHAIN, chased, Budget(0.0, 1e12))
    rows = {
        "the book alone": alone,
        "steward's plan": alone + layers_pnl(numbers.plan(State.NORMAL).layers, drawn),
        "promoter": alone + layers_pnl([sold], drawn),
    }
    for axes, title, values in (
        (panels[0], "CVaR95, thousand USD", [cvar(pnl) for pnl in rows.values()]),
        (panels[1], "Mean profit without pool fees, thousand USD", [float(pnl.mean()) for pnl in rows.values()]),
    ):
        axes.bar(list(rows), values, color=(GREY, BLUE, RED), width=0.6)
        axes.axhline(0.0, color=GREY, linewidth=0.8)
        axes.set(title=title)
        axes.yaxis.set_major_formatter(THOUSANDS)
    return figure


STRUCTURES: Final[dict[str, Callable[[], Figure]]] = {
    "layers-condor": draw_condor,
    "layers-candidates": draw_candidates,
    "layers-tail": draw_tail,
    "layers-parity": draw_parity,
    "layers-roll": draw_roll,
    "layers-rolls": draw_rolls,
    "layers-press": draw_press,
    "layers-break-even": draw_break_even,
    "layers-policies": draw_policies,
    "layers-fees": draw_fees,
    "layers-gate": draw_gate,
}
