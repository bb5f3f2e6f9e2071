"""Compare the volatility index by both methods with Deribit's DVOL: `python -m examples.index_report` fills
docs/surface.md.

Daily chains of BTC and ETH from 2025-12-30 on are taken as long as the DVOL files go. Those hold a bar a day: DVOL at
the hour of a snapshot is taken on the line from the day's open to its close. What that costs is measured on DVOL
itself, whose hours of 2024 are known for ETH.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from hedge.volatility.dense_index import dense_index_from_chain, smile_variance
from hedge.volatility.index import index_from_chain, interpolated_vol
from hedge.volatility.surface import fit_surface

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "surface.md"
CHAINS: Final = Path("iv") / "deribit_chains_daily_2026h1.parquet"
HOURS: Final = Path("iv") / "uniswap_iv_vs_dvol_hourly_2024.csv.gz"
ASSETS: Final = ("BTC", "ETH")
HELD: Final = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5)
SPANS: Final = (1, 2, 5, 7, 10)
HOUR: Final = 4
"""Of the hours at which most snapshots are taken, 4 and 5, the one that DVOL against itself does better at."""
STORM: Final = ("2026-01-30", "2026-02-08")
"""A fall in which DVOL ran from 54 to 90 within one day."""
WINGS: Final = 2.0
"""Standard deviations beyond which quotes are taken away, to see who needs them."""


def daily_dvol(data: Path, asset: str) -> pd.DataFrame:
    """Return DVOL's daily bars in points, by day."""
    return pd.read_csv(data / "iv" / f"dvol_{asset.lower()}_daily.csv", parse_dates=["date"]).set_index("date")


def at_hour(bars: pd.DataFrame, times: pd.DatetimeIndex) -> pd.Series:
    """Return the index at each time on the line from open to close of its day; NaN where the file has no such day."""
    days = bars.reindex(times.normalize())
    share = (times - times.normalize()) / pd.Timedelta(days=1)
    return pd.Series(days["open"].to_numpy() + share * (days["close"] - days["open"]).to_numpy(), index=times)


def snapshots(data: Path, asset: str) -> Iterator[tuple[pd.Timestamp, pd.DataFrame]]:
    """Yield time and quotes of every snapshot: coin prices times the index, discounted at the carry of each expiry."""
    rows = pd.read_parquet(data / CHAINS, filters=[("currency", "==", asset)])
    for time, chain in rows.groupby("timestamp"):
        spot, expiry = float(chain["index_price"].median()), chain["time_to_maturity"]
        quotes = {
            "expiry": expiry,
            "strike": chain["strike"],
            "is_call": chain["option_type"] == "call",
            "bid": chain["bid_price"] * spot,
            "ask": chain["ask_price"] * spot,
            "rate": np.log(chain["underlying"].groupby(expiry).transform("median") / spot) / expiry,
        }
        yield time.tz_localize(None), pd.DataFrame(quotes)


def indices(data: Path, asset: str, *, thorough: bool = False) -> pd.DataFrame:
    """Return both indices of every snapshot in points, by time, beside DVOL at that hour.

    thorough adds: held_H, the dense index whose volatility is held beyond H standard deviations; cboe_half and
    dense_half from every second strike; cboe_near and dense_near from the strikes within `WINGS` standard deviations.
    """
    bars = daily_dvol(data, asset)
    rows = {}
    for time, quotes in snapshots(data, asset):
        if time.normalize() in bars.index:
            row = {"cboe": index_from_chain(quotes).points, "dense": dense_index_from_chain(quotes).points}
            rows[time] = row | (_variants(quotes) if thorough else {})
    found = pd.DataFrame.from_dict(rows, orient="index").sort_index()
    times = pd.DatetimeIndex(found.index)
    days = bars.reindex(times.normalize())
    return found.assign(dvol=at_hour(bars, times), low=days["low"].to_numpy(), high=days["high"].to_numpy())


def _variants(quotes: pd.DataFrame) -> dict[str, float]:
    dense = dense_index_from_chain(quotes)
    times = (dense.near.time, dense.next.time)
    two = quotes[quotes["expiry"].isin(times)]
    row = {}
    smiles = fit_surface(two).smiles
    for held_at in HELD:
        variances = tuple(smile_variance(each.smile, held_at) / each.expiry for each in smiles)
        row[f"held_{held_at:g}"] = 100.0 * interpolated_vol(times, variances, 30.0)
    forward = two["expiry"].map({each.expiry: each.forward for each in smiles})
    deviation = two["expiry"].map({each.expiry: np.sqrt(each.smile.at_money) for each in smiles})
    number = two.groupby("expiry")["strike"].rank(method="dense")
    kept = {"half": number % 2 == 0, "near": np.abs(np.log(two["strike"] / forward)) < WINGS * deviation}
    for name, which in kept.items():
        row[f"cboe_{name}"] = index_from_chain(two[which]).points
        row[f"dense_{name}"] = dense_index_from_chain(two[which]).points
    return row


def itself(data: Path, hour: int) -> tuple[pd.Series, pd.Series]:
    """Return DVOL of ETH at an hour of each day of 2024, and what the daily file says of that hour."""
    hours = pd.read_csv(data / HOURS, parse_dates=["timestamp"]).set_index("timestamp")["iv_dvol"]
    hours.index = hours.index + pd.Timedelta(hours=1)  # each is the close of its hour
    known = hours[hours.index.hour == hour]
    read = at_hour(daily_dvol(data, "ETH"), pd.DatetimeIndex(known.index))
    return known, read


def distance(found: pd.Series, other: pd.Series) -> float:
    """Return the mean absolute difference."""
    return float((found - other).abs().mean())


def moves_together(found: pd.Series, other: pd.Series, days: int) -> float:
    """Return the correlation of changes over some days."""
    return float(found.diff(days).corr(other.diff(days)))


def halves(found: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the earlier and the later half of the days."""
    middle = len(found) // 2
    return found.iloc[:middle], found.iloc[middle:]


def page_table(measured: dict[str, pd.DataFrame], own: tuple[pd.Series, pd.Series]) -> str:
    """Return the table that the page shows."""
    lines = ["| | BTC, Cboe | BTC, dense | ETH, Cboe | ETH, dense | DVOL of ETH, 2024, against itself |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    columns = [(measured[asset], name) for asset in ASSETS for name in ("cboe", "dense")]

    def row(label: str, cells: list[float], last: float | None, places: int = 2) -> None:
        shown = [f"{cell:.{places}f}" for cell in cells] + ["" if last is None else f"{last:.{places}f}"]
        lines.append(f"| {label} | {' | '.join(shown)} |")

    row("days", [len(found) for found, _ in columns], len(own[0]), 0)
    row("mean difference", [float((f[n] - f["dvol"]).mean()) for f, n in columns], float((own[0] - own[1]).mean()))
    row("**mean distance**", [distance(f[n], f["dvol"]) for f, n in columns], distance(*own))
    calm = [found[(found.index < STORM[0]) | (found.index >= STORM[1])] for found, _ in columns]
    cells = [distance(f[n], f["dvol"]) for f, (_, n) in zip(calm, columns, strict=True)]
    row(f"mean distance without {STORM[0]} to {STORM[1]}", cells, None)
    for label, part in (("first half", 0), ("second half", 1)):
        cells = [distance(halves(f)[part][n], halves(f)[part]["dvol"]) for f, n in columns]
        row(f"mean distance, {label}", cells, None)
    row(
        "share between the day's low and high",
        [float(f[n].between(f["low"], f["high"]).mean()) for f, n in columns],
        None,
    )
    row("correlation of levels", [float(f[n].corr(f["dvol"])) for f, n in columns], float(own[0].corr(own[1])), 3)
    for days in SPANS:
        label = f"correlation of changes over {days} day{'s' if days > 1 else ''}"
        row(label, [moves_together(f[n], f["dvol"], days) for f, n in columns], moves_together(*own, days), 3)
    row("mean move, every second strike only", [distance(f[f"{n}_half"], f[n]) for f, n in columns], None)
    row(f"mean move, no strike beyond {WINGS:g} deviations", [distance(f[f"{n}_near"], f[n]) for f, n in columns], None)
    return "\n".join(lines) + "\n\n" + _held_table(measured)


def _held_table(measured: dict[str, pd.DataFrame]) -> str:
    """Return the mean distance by where volatility is held, mean of both assets in each half."""
    lines = [f"| held beyond | {' | '.join(f'{held_at:g}' for held_at in HELD)} |"]
    lines.append(f"| --- |{' ---: |' * len(HELD)}")
    for part, label in enumerate(("first half (chosen on)", "second half")):
        cells = []
        for held_at in HELD:
            parts = [halves(found)[part] for found in measured.values()]
            cells.append(np.mean([distance(each[f"held_{held_at:g}"], each["dvol"]) for each in parts]))
        lines.append(f"| mean distance, {label} | {' | '.join(f'{cell:.2f}' for cell in cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and write."""
    data = Path(os.environ.get("ALVH_DATA", ROOT.parent / "shared" / "data"))
    if not (data / CHAINS).is_file():
        sys.exit(f"no {CHAINS} in {data}: set ALVH_DATA to the folder that holds it")
    measured = {asset: indices(data, asset, thorough=True) for asset in ASSETS}
    page = PAGE.read_text(encoding="utf-8")
    marked = r"(?<=<!-- index -->\n).*(?=<!-- /index -->)"
    if not re.search(marked, page, re.DOTALL):
        sys.exit(f"{PAGE} lacks its marks")
    table = page_table(measured, itself(data, HOUR))
    PAGE.write_text(re.sub(marked, lambda _: f"\n{table}\n\n", page, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    main()
