"""Histories of a calm market as files, and a book to plan on them: what tests bend to see a signal act."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bridge.config import BookConfig, SignalsConfig
from bridge.plans.make import Planned, make_plan
from bridge.plans.observe import Observation
from bridge.plans.stated_book import observe_stated
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.policy.parameters import Parameters

AT = 1_767_960_000  # 2026-01-09 12:00 UTC, a Friday
DAY = 86_400
ROWS = 760
DAYS = (AT // DAY - np.arange(ROWS)[::-1]) * DAY
LEFT_OUT = ("rate differential", "quick ratio")

BOOK = """
[[position]]
base = "ETH"
lower = 1600.0
upper = 2500.0
value_usd = 1_000_000.0
fee_apr = 0.4
"""


THREE_POOLS = (
    BOOK
    + """
[[position]]
base = "BTC"
lower = 30000.0
upper = 50000.0
value_usd = 500_000.0
fee_apr = 0.1

[[position]]
base = "BTC"
quote = "ETH"
value_usd = 300_000.0
"""
)
"""A pool on each asset and one between them, whose fees are unknown."""


def write_quotes(path: Path) -> Path:
    """Write synthetic chains of ETH at 2,000 and BTC at 40,000 USD as a file of quotes."""
    tables = []
    for asset, spot, vol, lot in (("ETH", 2_000.0, 0.6, 1.0), ("BTC", 40_000.0, 0.5, 0.1)):
        quotes = synthetic_chain(asset, spot, AT, vol, lot=lot).quotes
        kinds = quotes["is_call"].map({True: "C", False: "P"})
        tables.append(quotes.assign(underlying=asset, observed_at=AT, spot=spot, type=kinds))
    pd.concat(tables).to_csv(path, index=False)
    return path


def calm_folder(folder: Path) -> Path:
    """Write histories in which every signal is calm and the index is low in its year: compressed."""
    random = np.random.default_rng(8)
    index = 70.0 + random.normal(0.0, 2.0, ROWS)
    index[-40:] -= np.linspace(1.0, 20.0, 40)
    market = np.exp(np.cumsum(random.normal(0.0, 0.02, ROWS)))
    asset = market * np.exp(np.cumsum(random.normal(0.0, 0.01, ROWS)))
    write(folder, "price_ETH", known_at=DAYS, close=2000.0 * asset / asset[-1])
    write(folder, "index_ETH", known_at=DAYS, high=index + 1.0, low=index - 1.0, close=index)
    write(folder, "term_ETH", known_at=DAYS, near=index, far=index + 4.0)
    write(folder, "funding_ETH", known_at=DAYS, rate=random.normal(1e-4, 1e-5, ROWS))
    write(folder, "dollar", known_at=DAYS, close=110.0 * np.exp(np.cumsum(random.normal(0.0, 0.003, ROWS))))
    write(folder, "market", known_at=DAYS, close=100.0 * market, vol=0.8 * index)
    write(folder, "members", known_at=DAYS, one=10.0 * market, two=20.0 * market)
    months = AT - DAY * np.arange(20, 1500, 30)[::-1]
    events = [(at + hour, name) for at in months for hour, name in enumerate(("CPI", "PPI", "FOMC", "output"))]
    figures = random.normal(0.3, 0.1, (months.size, 4))
    figures[-1] = figures[-13:-1].mean(axis=0)
    figures[-1, 2] = figures[-2, 2]
    write(folder, "releases", known_at=[at for at, _ in events], event=[e for _, e in events], actual=figures.ravel())
    write(folder, "calendar", announced_at=[AT - 90 * DAY], event=["CPI"], release_at=[AT + 30 * DAY])
    (folder / "source.toml").write_text('source = "made for tests"\n', encoding="utf-8")
    return folder


def write(folder: Path, name: str, **columns: Any) -> None:
    """Write one file."""
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(columns).to_csv(folder / f"{name}.csv", index=False)


def bend(folder: Path, name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Rewrite one file."""
    path = folder / f"{name}.csv"
    change(pd.read_csv(path)).to_csv(path, index=False)


def last(column: str, value: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return a change that sets a column's last row."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[table.index[-1], column] = value
        return table

    return change


def stated(folder: Path, chains: dict[str, OptionChain], text: str = BOOK) -> Observation:
    """Observe a stated book."""
    file = folder / "book.toml"
    file.write_text(text, encoding="utf-8")
    return observe_stated(file, chains, BookConfig())


def plan_on(
    folder: Path, book: Path, parameters: Parameters | None = None, leave_out: tuple[str, ...] = LEFT_OUT
) -> Planned:
    """Plan the stated book on a synthetic chain with the histories of a folder."""
    chains = {"ETH": synthetic_chain("ETH", 2000.0, AT, 0.6)}
    seen = stated(book, chains)
    if parameters is not None:
        seen = dataclasses.replace(seen, governed=dataclasses.replace(seen.governed, parameters=parameters))
    return make_plan(seen, chains, SignalsConfig(folder=folder, leave_out=leave_out))
