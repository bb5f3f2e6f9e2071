"""The pictures of docs/surface.md."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np

if TYPE_CHECKING:
    from surface_report import Snapshot

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

INK, QUOTE, MISSED = "#1f2933", "#9aa5b1", "#dc2626"
COLOURS = {"BTC": "#b45309", "ETH": "#1d4ed8"}
mpl.rcParams.update(
    {
        "figure.dpi": 130,
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": QUOTE,
        "axes.titlelocation": "left",
        "axes.titlesize": 10,
        "text.color": INK,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "legend.frameon": False,
    }
)


def draw_smiles(snapshot: Snapshot, path: Path) -> None:
    """Draw four expiries' quotes as bars from bid to ask, and the surface through them."""
    figure, axes = plt.subplots(2, 2, figsize=(9.0, 6.0), layout="constrained")
    count = len(snapshot.quotes)
    for axis, number in zip(axes.flat, (1, count // 3, 2 * count // 3, count - 1), strict=True):
        quotes, smile = snapshot.quotes[number], snapshot.surface.smiles[number]
        strike = quotes.forward * np.exp(np.linspace(quotes.k[0], quotes.k[-1], 300))
        vol = snapshot.surface.vol(quotes.forward * np.exp(quotes.k), quotes.expiry)
        outside = (vol < quotes.bid_vol) | (vol > quotes.ask_vol)
        for which, colour in ((~outside, QUOTE), (outside, MISSED)):
            at = quotes.forward * np.exp(quotes.k[which])
            axis.vlines(at, 100 * quotes.bid_vol[which], 100 * quotes.ask_vol[which], color=colour, lw=3.0)
        axis.plot(strike, 100 * snapshot.surface.vol(strike, quotes.expiry), color=INK, lw=1.2)
        axis.set_title(f"{quotes.expiry * 365.0:.1f} days: {smile.inside:.0%} of {smile.quotes} quotes inside")
        axis.axvline(quotes.forward, color=INK, lw=0.6, ls=":")
        axis.xaxis.set_major_locator(MaxNLocator(6))
        axis.xaxis.set_major_formatter(lambda strike, _: f"{strike:,.0f}")
    handles = [Line2D([], [], color=colour, lw=width) for colour, width in ((QUOTE, 3.0), (MISSED, 3.0), (INK, 1.2))]
    axes[1, 0].legend(handles, ["bid to ask", "the same, missed", "surface"], loc="upper right")
    figure.supxlabel("strike, USD (dotted: forward)")
    figure.supylabel("implied volatility, %")
    title = f"{snapshot.currency} on {snapshot.day}, {snapshot.surface.inside:.1%} of all quotes inside"
    figure.suptitle(title, x=0.01, ha="left")
    figure.savefig(path)
    plt.close(figure)


def draw_term_structure(snapshots: list[Snapshot], path: Path) -> None:
    """Draw volatility against time at the money and one standard deviation out, with the expiries as dots."""
    figure, axes = plt.subplots(1, len(snapshots), figsize=(9.0, 3.6), layout="constrained", sharey=True)
    for axis, snapshot in zip(axes, snapshots, strict=True):
        surface = snapshot.surface
        expiries = np.array([smile.expiry for smile in surface.smiles])
        times = np.geomspace(expiries[0], 1.3 * expiries[-1], 400)
        for shift, style, label in ((-1.0, "--", "1 sd below"), (0.0, "-", "at the money"), (1.0, ":", "1 sd above")):
            vols = [_vol_at(surface, shift, each) for each in (times, expiries)]
            axis.plot(365 * times, vols[0], color=COLOURS[snapshot.currency], ls=style, lw=1.4, label=label)
            axis.plot(365 * expiries, vols[1], "o", color=COLOURS[snapshot.currency], ms=3.0)
        axis.set_xscale("log")
        axis.set_xticks([1, 3, 7, 30, 90, 365], ["1", "3", "7", "30", "90", "365"])
        axis.minorticks_off()
        axis.set_title(f"{snapshot.currency} on {snapshot.day}")
        axis.set_xlabel("days to expiry")
    axes[0].set_ylabel("implied volatility, %")
    axes[0].legend()
    figure.savefig(path)
    plt.close(figure)


def draw_inside(snapshots: list[Snapshot], path: Path) -> None:
    """Draw how the share of quotes inside bid and ask is distributed over chains."""
    figure, axis = plt.subplots(figsize=(9.0, 3.2), layout="constrained")
    bins = np.arange(0.74, 1.0001, 0.01)
    for number, (currency, colour) in enumerate(COLOURS.items()):
        shares = np.array([each.surface.inside for each in snapshots if each.currency == currency])
        axis.hist(shares, bins, color=colour, alpha=0.55, label=f"{currency}: {shares.size} chains")
        axis.axvline(np.median(shares), color=colour, lw=1.2, ls="--")
        axis.annotate(
            f"median {np.median(shares):.1%}",
            (np.median(shares), 0.93 - 0.09 * number),
            xycoords=("data", "axes fraction"),
            xytext=(-4, 0),
            textcoords="offset points",
            color=colour,
            ha="right",
        )
    axis.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    axis.set_xlabel("share of a chain's quotes whose volatility on the surface lies between bid and ask")
    axis.set_ylabel("chains")
    axis.legend(loc="upper left")
    figure.savefig(path)
    plt.close(figure)


def _vol_at(surface: object, shift: float, times: np.ndarray) -> np.ndarray:
    """Return volatility in percent at so many at-the-money standard deviations from the forward."""
    level = np.sqrt(surface.total_variance(0.0, times))  # type: ignore[attr-defined]
    return 100.0 * np.sqrt(surface.total_variance(shift * level, times) / times)  # type: ignore[attr-defined]
