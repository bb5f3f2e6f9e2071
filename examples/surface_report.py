"""Fit every daily Deribit chain of 2026's first half, and write what was measured into docs/surface.md.

Run it from the repository's root: ``python examples/surface_report.py``. The chains are read from the folder that
ALVH_DATA names, or from ../shared/data; nothing of them is kept but the numbers and pictures.
"""

import os
import platform
import re
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import least_squares
from surface_pictures import draw_inside, draw_smiles, draw_term_structure

from hedge.volatility.surface import ArbitrageReport, Surface, fit_surface
from hedge.volatility.surface.fitting import Target, target
from hedge.volatility.surface.quotes import ExpiryQuotes, read_quotes

ROOT = Path(__file__).resolve().parents[1]
PAGE, IMAGES = ROOT / "docs" / "surface.md", ROOT / "docs" / "img"
CHAINS = Path("iv") / "deribit_chains_daily_2026h1.parquet"
TENORS = (
    ("up to 3 days", 0.0, 3.0),
    ("3 to 14 days", 3.0, 14.0),
    ("14 to 60 days", 14.0, 60.0),
    ("beyond", 60.0, np.inf),
)
SHOWN_DAY = "2026-03-02"


class Snapshot(NamedTuple):
    """Hold one chain's surface, the quotes that it was fitted to, its arbitrage and the seconds that it took."""

    currency: str
    day: str
    surface: Surface
    quotes: tuple[ExpiryQuotes, ...]
    arbitrage: ArbitrageReport
    seconds: float
    forward_errors: tuple[float, ...]


def main() -> None:
    """Measure, draw and write."""
    data = Path(os.environ.get("ALVH_DATA", ROOT.parent / "shared" / "data"))
    if not (data / CHAINS).is_file():
        sys.exit(f"no {CHAINS} in {data}: set ALVH_DATA to the folder that holds it")
    snapshots = [measure(*key, rows) for key, rows in read_option_chains(data / CHAINS).groupby(["currency", "day"])]
    IMAGES.mkdir(parents=True, exist_ok=True)
    shown = [snapshot for snapshot in snapshots if snapshot.day == SHOWN_DAY]
    bitcoin = sorted((each for each in snapshots if each.currency == "BTC"), key=lambda each: each.surface.inside)
    draw_smiles(bitcoin[len(bitcoin) // 2], IMAGES / "surface-smile.png")
    draw_term_structure(shown, IMAGES / "surface-term.png")
    draw_inside(snapshots, IMAGES / "surface-inside.png")
    write_page(snapshots)
    sys.stdout.write(f"{len(snapshots)} surfaces: {PAGE.relative_to(ROOT)} and three pictures written\n")


def read_option_chains(path: Path) -> pd.DataFrame:
    """Return all chains, coin prices turned into USD by the exchange's forward of each option."""
    rows = pd.read_parquet(path)
    return pd.DataFrame(
        {
            "currency": rows["currency"].astype(str),
            "day": rows["timestamp"].dt.date.astype(str),
            "expiry": rows["time_to_maturity"],
            "strike": rows["strike"],
            "is_call": rows["option_type"] == "call",
            "bid": rows["bid_price"] * rows["underlying"],
            "ask": rows["ask_price"] * rows["underlying"],
            "underlying": rows["underlying"],
        }
    )


def measure(currency: str, day: str, rows: pd.DataFrame) -> Snapshot:
    """Fit one chain; only `fit_surface` is timed."""
    listed = rows.groupby("expiry")["underlying"].median()
    started = time.perf_counter()
    surface = fit_surface(rows)
    seconds = time.perf_counter() - started
    errors = tuple(abs(smile.forward / listed[smile.expiry] - 1.0) for smile in surface.smiles)
    return Snapshot(currency, day, surface, read_quotes(rows, 0.0)[0], surface.arbitrage(), seconds, errors)


def write_page(snapshots: list[Snapshot]) -> None:
    """Replace what is between the page's marks."""
    page = PAGE.read_text()
    marked = r"(?<=<!-- measured -->\n).*(?=<!-- /measured -->)"
    if not re.search(marked, page, re.DOTALL):
        sys.exit(f"{PAGE} lacks its marks")
    PAGE.write_text(re.sub(marked, lambda _: "\n" + tables(snapshots) + "\n", page, flags=re.DOTALL))


def tables(snapshots: list[Snapshot]) -> str:
    """Return all measured tables."""
    groups = [(name, [each for each in snapshots if each.currency == name]) for name in ("BTC", "ETH")]
    groups.append(("both", snapshots))
    rows = [[label, *(fact(group) for _, group in groups)] for label, fact in FACTS]
    rows += [[f"inside, {label}", *(tenor_share(group, *span) for _, group in groups)] for label, *span in TENORS]
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}, one process."
    return f"{table(['', *(name for name, _ in groups)], rows)}\n\nTimes: {machine}\n"


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown, numbers to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def tenor_share(group: list[Snapshot], start: float, end: float) -> str:
    """Return the share of quotes inside the spread among expiries of some days to run."""
    smiles = [smile for each in group for smile in each.surface.smiles if start <= smile.expiry * 365.0 < end]
    return percent(sum(smile.inside * smile.quotes for smile in smiles) / sum(smile.quotes for smile in smiles))


def inside(group: list[Snapshot]) -> float:
    """Return the share of quotes inside the spread."""
    return sum(each.surface.inside * each.surface.quotes for each in group) / sum(each.surface.quotes for each in group)


def inside_before(group: list[Snapshot]) -> float:
    """Return the same share of the smiles as fitted, before arbitrage was removed."""
    found = []
    for each in group:
        for smile, quotes in zip(each.surface.smiles, each.quotes, strict=True):
            vol = np.sqrt(smile.fitted.total_variance(quotes.k) / smile.expiry)
            found.append((vol >= quotes.bid_vol) & (vol <= quotes.ask_vol))
    return float(np.mean(np.concatenate(found)))


def inside_ssvi(group: list[Snapshot]) -> float:
    """Return the same share of the three-parameter alternative, fitted to the same mids without any constraint."""
    found = []
    for quotes in (quotes for each in group for quotes in each.quotes if quotes.k.size > 2):
        goal = target(quotes)
        level = float(goal.mid[np.argmin(np.abs(goal.k))] ** 2 * goal.expiry)
        start = [np.log(level), -0.1, -0.5 * np.log(level)]
        point = least_squares(lambda at, goal=goal: (ssvi_vol(at, goal) - goal.mid) / goal.half, start, method="lm").x
        vol = ssvi_vol(point, goal)
        found.append((vol >= quotes.bid_vol) & (vol <= quotes.ask_vol))
    return float(np.mean(np.concatenate(found)))


def ssvi_vol(point: np.ndarray, goal: Target) -> np.ndarray:
    """Return volatilities of the SSVI slice theta/2 (1 + rho phi k + sqrt((phi k + rho)^2 + 1 - rho^2))."""
    theta, rho, phi = np.exp(point[0]), np.tanh(point[1]), np.exp(point[2])
    curve = 1.0 + rho * phi * goal.k + np.sqrt((phi * goal.k + rho) ** 2 + 1.0 - rho**2)
    return np.sqrt(0.5 * theta * curve / goal.expiry)


def arbitrage(group: list[Snapshot], when: str, kind: str) -> str:
    """Return how many expiries, neighbours or times between them show arbitrage."""
    return f"{sum(len(getattr(getattr(each.arbitrage, when), kind)) for each in group):,}"


def within_quotes(group: list[Snapshot], kind: str) -> str:
    """Return how many smiles as fitted show arbitrage between the strikes that the (earlier) expiry quotes."""
    count = 0
    for each in group:
        smiles = [smile.fitted for smile in each.surface.smiles]
        for number, (smile, quotes) in enumerate(zip(smiles, each.quotes, strict=True)):
            k = np.linspace(quotes.k[0], quotes.k[-1], 401)
            if kind == "butterfly":
                count += bool(np.any(smile.durrleman(k) < 0.0))
            elif number + 1 < len(smiles):
                count += bool(np.any(smiles[number + 1].total_variance(k) < smile.total_variance(k)))
    return f"{count:,}"


def percent(share: float) -> str:
    """Return a share as text."""
    return f"{100.0 * share:.1f} %"


def milliseconds(group: list[Snapshot], quantile: float) -> str:
    """Return a quantile of the time per chain."""
    return f"{1e3 * np.quantile([each.seconds for each in group], quantile):.0f} ms"


def over_smiles(group: list[Snapshot], name: str, quantile: float) -> float:
    """Return a quantile of one diagnostic over all expiries."""
    return float(np.quantile([getattr(smile, name) for each in group for smile in each.surface.smiles], quantile))


FACTS = (
    ("chains fitted", lambda group: f"{len(group):,}"),
    ("expiries", lambda group: f"{sum(len(each.surface.smiles) for each in group):,}"),
    ("quotes", lambda group: f"{sum(each.surface.quotes for each in group):,}"),
    ("**inside bid and ask**", lambda group: f"**{percent(inside(group))}**"),
    ("inside, before repair", lambda group: percent(inside_before(group))),
    ("inside, SSVI slices without repair", lambda group: percent(inside_ssvi(group))),
    ("inside, median chain", lambda group: percent(float(np.median([each.surface.inside for each in group])))),
    ("inside, worst chain", lambda group: percent(min(each.surface.inside for each in group))),
    ("rms to mid, median expiry", lambda group: f"{over_smiles(group, 'rms_vol_points', 0.5):.2f} points"),
    (
        "iterations, median and most",
        lambda group: f"{over_smiles(group, 'iterations', 0.5):.0f}, {over_smiles(group, 'iterations', 1.0):.0f}",
    ),
    ("parity forward against the exchange's, median and most", lambda group: forward_error(group)),
    ("butterfly arbitrage before, expiries", lambda group: arbitrage(group, "before", "butterfly")),
    ("— of those between quoted strikes", lambda group: within_quotes(group, "butterfly")),
    ("calendar arbitrage before, neighbours", lambda group: arbitrage(group, "before", "calendar")),
    ("— of those between quoted strikes", lambda group: within_quotes(group, "calendar")),
    ("**butterfly arbitrage after**", lambda group: f"**{arbitrage(group, 'after', 'butterfly')}**"),
    ("**calendar arbitrage after**", lambda group: f"**{arbitrage(group, 'after', 'calendar')}**"),
    ("**butterfly arbitrage after, between expiries**", lambda group: f"**{arbitrage(group, 'after', 'between')}**"),
    ("time per chain, median", lambda group: milliseconds(group, 0.5)),
    ("time per chain, 95 % and longest", lambda group: f"{milliseconds(group, 0.95)}, {milliseconds(group, 1.0)}"),
)


def forward_error(group: list[Snapshot]) -> str:
    """Return the median and the largest distance of parity forwards to the exchange's, in basis points."""
    errors = 1e4 * np.concatenate([each.forward_errors for each in group])
    return f"{np.median(errors):.1f}, {errors.max():.0f} bp"


if __name__ == "__main__":
    main()
