"""Draw the pictures of docs/valuation.md: `python -m examples.valuation_pictures [folder]`.

The folder is docs/img unless another is named. Each picture states its source; pools and swaps are simulated, and the
picture says so, where the data folder is absent.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter

from examples import valuation_numbers as numbers
from hedge.valuation.capital import CapitalLayer, HedgeCapital, leverage_allowed, levered_return, wacc
from hedge.valuation.ddm import gordon_value
from hedge.valuation.diversification import effective_bets, joint_tail, lower_tail_dependence, variance_bets
from hedge.valuation.irr import internal_rates, xnpv
from hedge.valuation.motion import follow
from hedge.valuation.screens import cap_exposure

BLUE, ORANGE, GREEN, RED, GREY = "#1f5fa8", "#d9730d", "#2c7a4b", "#b3261e", "#6b7280"
_STYLE: Final = {
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "#e5e7eb",
    "axes.axisbelow": True, "font.size": 9.5, "axes.titlesize": 10.5, "axes.titleweight": "bold",
    "axes.titlelocation": "left", "legend.frameon": False, "svg.hashsalt": "alvh", "axes.edgecolor": GREY,
    "text.parse_math": False, "legend.fontsize": 8.5,
}  # fmt: skip
THOUSANDS: Final = FuncFormatter(lambda value, _: f"{value:,.0f}")
MILLIONS: Final = FuncFormatter(lambda value, _: f"{value / 1e6:g}")


def canvas(columns: int, source: str, widths: tuple[float, ...] | None = None) -> tuple[Figure, list[Axes]]:
    """Return a figure with a row of axes and its source in the corner."""
    figure = Figure(figsize=(8.6, 3.7), layout="constrained", facecolor="white")
    grid = figure.subplots(1, columns, squeeze=False, width_ratios=widths or (1.0,) * columns)
    figure.supxlabel(source, x=0.99, ha="right", fontsize=7.5, color=GREY)
    return figure, list(grid[0])


def draw_rates() -> Figure:
    """Draw the net present value of two sets of cash flows by the rate: one root, and two."""
    figure, (left, right) = canvas(2, "computed from the example's cash flows")
    flows = numbers.overlay_flows()
    days, paid = [flow.on for flow in flows], [flow.signed_usd for flow in flows]
    dates = ["2025-01-01", "2026-01-01", "2027-01-01"]
    cases = ((left, days, paid, (-0.3, 0.8), "A month of condors: one rate"),
             (right, dates, [-100.0, 230.0, -132.0], (0.0, 0.35), "Paid, received, paid: two rates"))  # fmt: skip
    for axes, when, amounts, (low, high), title in cases:
        grid = np.linspace(low, high, 200)
        axes.plot(grid, [xnpv(rate, when, amounts) for rate in grid], color=BLUE)
        axes.axhline(0.0, color=GREY, linewidth=0.8)
        for rate in internal_rates(when, amounts):
            axes.plot(rate, 0.0, "o", color=ORANGE)
            rising = xnpv(rate + 1e-3, when, amounts) > 0.0
            axes.annotate(
                f"{rate:.2%}", (rate, 0.0), (-46 if rising else 7, 7), textcoords="offset points", color=ORANGE
            )
        axes.set(title=title, xlabel="annual rate", ylabel="net present value, USD")
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, 0))
    return figure


def draw_leverage() -> Figure:
    """Draw the return on own capital by leverage for three returns of the overlay."""
    figure, (axes,) = canvas(1, "own capital 10,000 USD at 12 %, margin 40,000 at 5 %, borrowed at 14 %")
    borrowed = np.linspace(0.0, 100_000.0, 60)
    for irr, colour in ((0.20, GREEN), (0.11, ORANGE), (0.03, RED)):
        capitals = [
            HedgeCapital(numbers.CAPITAL.own, numbers.CAPITAL.margin, CapitalLayer(float(usd), 0.14))
            for usd in borrowed
        ]
        earned = np.array([levered_return(irr, capital) for capital in capitals])
        ok = np.array([leverage_allowed(irr, wacc(capital), 0.14).allowed for capital in capitals])
        share = [capital.leverage for capital in capitals]
        axes.plot(share, earned, color=colour, linestyle="-" if ok[1] else "--")
        label = f"IRR {irr:.0%}: " + ("allowed" if ok[1] else "refused")
        axes.annotate(label, (share[-1], earned[-1]), (4, -3), textcoords="offset points", color=colour)
    axes.set(title="Borrowing multiplies the distance to its own cost", xlabel="borrowed / (own + margin)",
             ylabel="return on own capital and margin", xlim=(0.0, 2.45))  # fmt: skip
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, 0))
    return figure


def draw_cash_flow() -> Figure:
    """Draw years of fees that pay a pool's price, pool by pool."""
    pools = numbers.read_pools()
    figure, (axes,) = canvas(1, f"{pools.source}; last 365 days")
    order = np.argsort(pools.price_to_cash_flow)
    bars = axes.barh([pools.names[i] for i in order], pools.price_to_cash_flow[order], color=BLUE, height=0.6)
    axes.bar_label(bars, [f"{pools.price_to_cash_flow[i]:.1f}" for i in order], padding=3)
    most = pools.most_years[order]
    axes.plot(most, np.arange(len(order)), "|", color=RED, markersize=17, markeredgewidth=2.2)
    axes.set(title="Price over cash flow: a pool's capital over its annual fees",
             xlabel="years (red: beyond it, fees are less than the least loss to arbitrageurs)")  # fmt: skip
    axes.grid(axis="y", visible=False)
    return figure


def draw_ddm() -> Figure:
    """Draw Gordon's value by growth for three discount rates: each ends at its pole."""
    figure, (axes,) = canvas(1, "dividend 2.00 in the past year")
    for discount, colour in ((0.08, BLUE), (0.10, ORANGE), (0.14, GREEN)):
        growth = np.linspace(-0.02, discount - 0.012, 200)
        axes.plot(growth, gordon_value(2.0, discount, growth), color=colour, label=f"discount {discount:.0%}")
        axes.axvline(discount, color=colour, linestyle=":", linewidth=1.0)
    axes.plot(0.05, gordon_value(2.0, 0.10, 0.05), "o", color=ORANGE)
    axes.annotate("the example: 42.00", (0.05, 42.0), (-0.01, 80.0), color=ORANGE, arrowprops={"arrowstyle": "-"})
    axes.set(title="No value where growth reaches the discount rate", xlabel="growth for ever", ylabel="value",
             ylim=(0.0, 180.0))  # fmt: skip
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, 0))
    axes.legend(loc="upper left")
    return figure


def draw_caps() -> Figure:
    """Draw what is wanted and what the caps allow."""
    result = cap_exposure(numbers.WANTED, numbers.LISTINGS, numbers.CORRELATIONS, numbers.RULES)
    figure, (axes,) = canvas(1, "five invented assets; caps: asset 25 %, sector 40 %, group 50 %")
    names = [f"{listing.symbol}\n{listing.sector}" for listing in numbers.LISTINGS] + ["cash"]
    wanted = [*numbers.WANTED.values(), 0.0]
    allowed = [*(result.allowed[listing.symbol] for listing in numbers.LISTINGS), result.cash]
    at = np.arange(len(names))
    axes.bar(at - 0.2, wanted, 0.38, color="#cbd5e1", label="wanted")
    bars = axes.bar(at + 0.2, allowed, 0.38, color=BLUE, label="allowed")
    axes.bar_label(bars, [f"{value:.1%}" for value in allowed], padding=2, fontsize=8.5)
    axes.set_xticks(at, names)
    axes.set(title="Dear, small or alike: what the caps leave", ylabel="share of the book", ylim=(0.0, 0.34))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, 0))
    axes.grid(axis="x", visible=False)
    axes.legend(loc="upper left")
    return figure


def draw_bets() -> Figure:
    """Draw the tail that spreading over more pools keeps, and how often pools are at their worst together."""
    pools = numbers.read_pools()
    figure, (tail, heat) = canvas(2, pools.source, (1.15, 1.0))
    rows = pools.value[~np.isnan(pools.value).any(axis=1)]
    covariance = np.cov(rows.T)
    counts = range(1, rows.shape[1] + 1)
    tails = [joint_tail(rows[:, :count]) for count in counts]
    tail.plot(counts, [joint.kept for joint in tails], "o-", color=RED, label="the pools as they are")
    tail.plot(
        counts, [joint.kept_if_independent for joint in tails], "o-", color=GREEN, label="if they were independent"
    )
    tail.set(title=f"{len(counts)} pools, {effective_bets(covariance):.2f} effective bets",
             xlabel="pools, equal weights", ylabel="tail loss kept (CVaR95)", ylim=(0.0, 1.08))  # fmt: skip
    tail.annotate(f"by variance {variance_bets(covariance):.2f} bets", (len(counts), tails[-1].kept), (0, -18),
                  textcoords="offset points", ha="right", color=RED)  # fmt: skip
    tail.yaxis.set_major_formatter(PercentFormatter(1.0, 0))
    tail.legend(loc="lower left")
    matrix = lower_tail_dependence(rows)
    heat.imshow(matrix, vmin=0.0, vmax=1.0, cmap="Reds")
    for i, j in np.ndindex(*matrix.shape):
        colour = "white" if matrix[i, j] > 0.6 else "black"
        heat.text(j, i, f"{100 * matrix[i, j]:.0f}", ha="center", va="center", fontsize=7.5, color=colour)
    heat.set_yticks(range(len(pools.names)), pools.names, fontsize=7.5)
    heat.set_xticks([])
    heat.set_title("Worst days shared, % (independent: 5)", fontsize=9.5, loc="center")
    heat.grid(visible=False)
    return figure


def draw_motion() -> Figure:
    """Draw drift with and without the bands, and what each habit costs."""
    figure, (path, cost) = canvas(2, "simulated weekly drift; risk aversion 1e-6 per USD", (1.9, 1.0))
    changes, bands = numbers.drift_path()[:104], numbers.FRICTIONS
    left, trades = follow(changes, bands)
    path.plot(left, color=BLUE, label="drift left open")
    path.plot(np.flatnonzero(trades), (left - trades)[trades != 0.0], "v", color=ORANGE, label="trade")
    for side in (-1.0, 1.0):
        path.axhline(side * bands.outer_usd, color=RED, linewidth=1.0)
        path.axhline(side * bands.inner_usd, color=GREEN, linewidth=1.0, linestyle="--")
    path.set(title="Beyond the outer band, back to the inner", xlabel="week", ylabel="thousand USD of delta")
    path.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / 1e3:,.0f}"))
    path.set_ylim(-165e3, 240e3)
    path.legend(loc="upper right")
    costs = numbers.motion_costs()
    bars = cost.bar(list(costs), list(costs.values()), color=[GREY, GREY, BLUE], width=0.6)
    cost.bar_label(bars, [f"{value:,.0f}" for value in costs.values()], padding=2)
    cost.set(title="USD a year, log scale", yscale="log", ylim=(500.0, 90_000.0))
    cost.yaxis.set_major_formatter(THOUSANDS)
    cost.grid(axis="x", visible=False)
    return figure


def draw_markouts() -> Figure:
    """Draw fees against markouts and loss-versus-rebalancing at growing horizons."""
    tape = numbers.read_tape()
    figure, (axes,) = canvas(1, f"{tape.source}; {len(tape.times):,} swaps")
    at = np.arange(len(numbers.HORIZONS))
    axes.plot(at, -tape.gross_markouts(), "o-", color=BLUE, label="lost at the markout, before fees")
    axes.plot(at, tape.lvr(), "s--", color=ORANGE, label="LVR of the path sampled at that step")
    axes.axhline(tape.fees_usd, color=GREEN, linewidth=1.4, label="fees earned")
    axes.set_xticks(at, ["swap", "1 min", "5 min", "15 min", "1 h", "4 h", "1 day"])
    axes.set(title="Who is faster decides who earned", xlabel="horizon after the swap, step of the path",
             ylabel="million USD" if tape.fees_usd > 1e6 else "USD", ylim=(0.0, None))  # fmt: skip
    axes.yaxis.set_major_formatter(MILLIONS if tape.fees_usd > 1e6 else THOUSANDS)
    axes.legend(loc="upper left")
    return figure


PICTURES: Final[dict[str, Callable[[], Figure]]] = {
    "irr": draw_rates, "leverage": draw_leverage, "cash-flow": draw_cash_flow, "ddm": draw_ddm, "caps": draw_caps,
    "bets": draw_bets, "motion": draw_motion, "markouts": draw_markouts,
}  # fmt: skip


def main(folder: Path) -> list[Path]:
    """Write every picture as SVG, the same bytes for the same data, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with matplotlib.rc_context(_STYLE):
        for name, draw in PICTURES.items():
            path = folder / f"valuation-{name}.svg"
            draw().savefig(path, format="svg", metadata={"Date": None, "Creator": None})
            written.append(path)
    return written


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else numbers.ROOT / "docs" / "img")
