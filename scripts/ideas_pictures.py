"""Draw the pictures of ideas that no other page draws: `python -m scripts.ideas_pictures [folder]`.

The folder is docs/img unless another is named. Numbers come from the product's own code; the same code gives the same
bytes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bridge.governance.regime_table import RegimeTable, load_table
from examples import layers_numbers as numbers
from examples.layers_canvas import BLUE, GREEN, GREY, ORANGE, RED, STYLE, THOUSANDS, canvas
from hedge.decision.update.promoter import promote
from hedge.instruments.parity import scan_parity
from hedge.plan.chase import chase
from hedge.policy.parameters import Parameters
from hedge.policy.tenor_shifts import Shift, shifted_bands
from hedge.simulate.hedged_lp import ROWS, LpScenario, lp_profits
from hedge.simulate.models import GBM

ROOT: Final = Path(__file__).resolve().parents[1]
PATHS: Final = 20_000


def sourced(words: str) -> tuple[Figure, list[Axes]]:
    """Return a canvas that says where its numbers come from."""
    figure, panels = canvas(1)
    figure.supxlabel(words, x=0.99, ha="right", fontsize=7.5, color=GREY)
    return figure, panels


def draw_parity() -> Figure:
    """Draw the forward that each strike's put and call make, bought and sold, after fees."""
    figure, panels = canvas(1)
    quotes = scan_parity(numbers.CHAIN).quotes
    expiry = sorted({quote.expiry_at for quote in quotes})[3]
    shown = [quote for quote in quotes if quote.expiry_at == expiry]
    strikes = [quote.strike for quote in shown]
    panels[0].plot(strikes, [quote.bought_at for quote in shown], color=RED, label="bought: call ask, put bid")
    panels[0].plot(strikes, [quote.sold_at for quote in shown], "--", color=GREEN, label="sold: call bid, put ask")
    panels[0].set(title="No strike sells the forward above where another buys it", xlabel="strike, USD", ylabel="USD")
    panels[0].legend()
    return figure


def draw_bands() -> Figure:
    """Draw the tenors that layers 2 and 3 may buy, as voted and shifted in time."""
    figure, panels = sourced("first values of the governed keys")
    first = Parameters()
    cases = [("as voted", first, GREY)]
    for layer, direction, why in (("volatility", 1, "forward"), ("volatility", -1, "back"), ("tail", 1, "forward")):
        cases.append((f"{layer}, {why}", shifted_bands(first, [Shift(layer, direction, why)]), BLUE))
    for place, (_, bands, colour) in enumerate(cases):
        layer = cases[place][0].partition(",")[0]
        for name, shade in (("volatility", ORANGE), ("tail", BLUE)):
            if layer in (name, "as voted"):
                least, most = (getattr(bands, f"{name}_{end}_days") for end in ("least", "most"))
                shift = 0.18 if colour is GREY and name == "tail" else -0.18 if colour is GREY else 0.0
                panels[0].barh(place + shift, most - least, left=least, height=0.3, color=shade)
                panels[0].annotate(
                    f"{name}: {least} to {most}", (most, place + shift), (6, -3), textcoords="offset points"
                )
    panels[0].set_yticks(range(len(cases)), [name for name, *_ in cases])
    panels[0].set_xlim(0, 175)
    panels[0].set(title="Bands move by a third, as far as bounds allow", xlabel="days to expiry")
    panels[0].invert_yaxis()
    return figure


def example_table() -> RegimeTable:
    """Return the table that docs/governance.md shows."""
    text = (ROOT / "docs" / "governance.md").read_text(encoding="utf-8")
    found = re.search(r"```toml\n(asset = .*?)```", text, re.DOTALL)
    if found is None:
        raise ValueError("docs/governance.md shows no table")
    with TemporaryDirectory() as folder:
        file = Path(folder) / "regimes.toml"
        file.write_text(found[1], encoding="utf-8")
        return load_table(file)


def draw_table() -> Figure:
    """Draw which row of the voted table a volatility selects, on the way up and on the way down."""
    figure, panels = sourced("the table of docs/governance.md")
    table = example_table()
    floors, hysteresis = [floor / 1e8 for floor, _ in table.rows], table.terms[0] / 1e8
    volatility = np.linspace(0.4, 1.6, 481)
    for sign, colour, name in ((1, RED, "rising, after 2 hours"), (-1, GREEN, "falling, after 24 hours")):
        rows = np.searchsorted(np.array(floors[1:]) + sign * hysteresis, volatility, side="right")
        panels[0].plot(volatility, rows, "-" if sign > 0 else "--", color=colour, label=name)
    panels[0].set_yticks(range(len(floors)))
    panels[0].set(title="The row that the feed selects", xlabel="reported volatility, decimal a year", ylabel="row")
    panels[0].legend()
    return figure


def draw_promoter() -> Figure:
    """Draw the tail of the book alone, under the steward's plan, and with what a yield-chaser would sell."""
    figure, panels = canvas(1)
    plan = numbers.plan()
    found = chase(numbers.BOOK, numbers.MARKET, {"ETH": numbers.CHAIN}, promote(Parameters()).parameters, 1e6)
    if found is None:
        raise ValueError("the book of the example is worth nothing")
    bars = (
        ("book alone", found.unhedged, GREY),
        ("steward", plan.risk.hedged, GREEN),
        ("promoter, unchecked", found.chased, RED),
    )
    for name, value, colour in bars:
        panels[0].barh(name, value, color=colour, height=0.5)
    panels[0].xaxis.set_major_formatter(THOUSANDS)
    panels[0].invert_yaxis()
    panels[0].set(
        title=f"The promoter is paid {found.credit_usd:,.0f} USD, and makes the tail longer",
        xlabel="CVaR95 to the next plan, thousand USD",
    )
    return figure


def draw_simulate() -> Figure:
    """Draw the profit of a position and of two hedges on the same simulated paths."""
    figure, panels = sourced("20,000 simulated paths, geometric Brownian motion, 65 % volatility; fees left out")
    profits = 100.0 * lp_profits(GBM(1.0, 0.65), LpScenario(), PATHS, 7).profits
    for row, colour in ((0, GREY), (2, ORANGE), (3, GREEN)):
        panels[0].hist(profits[row], np.linspace(-25, 10, 71), histtype="step", color=colour, label=ROWS[row])
    panels[0].set(
        title="What a hedge does to the distribution", xlabel="profit in 30 days, % of capital", ylabel="paths"
    )
    panels[0].legend(loc="upper left")
    panels[0].set_ylim(0, PATHS / 4)
    return figure


PICTURES: Final[dict[str, Callable[[], Figure]]] = {
    "ideas-parity": draw_parity,
    "ideas-bands": draw_bands,
    "ideas-table": draw_table,
    "ideas-promoter": draw_promoter,
    "ideas-simulate": draw_simulate,
}


def draw_all(folder: Path) -> list[Path]:
    """Write every picture into a folder, and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    with matplotlib.rc_context(STYLE):
        for name, draw in PICTURES.items():
            files.append(folder / f"{name}.svg")
            draw().savefig(files[-1], metadata={"Date": None})
    return files


if __name__ == "__main__":
    draw_all(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "img")
