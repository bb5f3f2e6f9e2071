"""Write the small files of docs/formats.md anew: `python -m examples.sample_files FOLDER`.

Quotes are priced from a stated smile and prices are drawn: nothing of them is a market's, and the files say so. The
same code writes the same bytes; a test compares them with what lies in examples/data.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.units import DAY

AT: Final = 1_769_990_400
"""2026-02-02 00:00 UTC, the time of the quotes."""
SPOT: Final = 2_850.0
VOL: Final = 0.60
EXPIRIES: Final = (4, 11, 25, 53)
"""Days from the first to the last expiry of the small chain, at least."""
DAYS: Final = 60


def chain_table() -> pd.DataFrame:
    """Return quotes of four expiries, with strikes within a quarter of the spot."""
    chain = synthetic_chain("ETH", SPOT, AT, VOL, lot=1.0)
    listed = chain.expiries()
    chosen = {min(at for at in listed if at >= AT + days * DAY) for days in EXPIRIES}
    rows = [
        row
        for row in chain.rows
        if row.expiry_at in chosen and abs(row.strike / SPOT - 1) < 0.26 and row.strike % 100 == 0
    ]
    return pd.DataFrame(
        {
            "underlying": "ETH",
            "type": ["C" if row.is_call else "P" for row in rows],
            "strike": [int(row.strike) for row in rows],
            "observed_at": _time(AT),
            "expiry_at": [_time(row.expiry_at) for row in rows],
            "spot": SPOT,
            "forward": [round(row.forward, 2) for row in rows],
            "bid": [round(row.bid, 3) for row in rows],
            "ask": [round(row.ask, 3) for row in rows],
            "vol": [round(row.vol, 4) for row in rows],
            "lot": 1,
            "venue": "made-up-test",
        }
    )


def price_tables() -> dict[str, pd.DataFrame]:
    """Return daily closes of ETH, its volatility index, and a path of both coins that `alvh up` can play."""
    draws = np.random.default_rng(7).standard_normal((2, DAYS))
    walk = np.cumsum(draws * np.array([[0.60], [0.45]]) / np.sqrt(365.0), axis=1)
    eth, btc = SPOT * np.exp(walk[0] - walk[0, -1]), 80_000.0 * np.exp(walk[1] - walk[1, -1])
    times = [_time(AT - (DAYS - 1 - day) * DAY) for day in range(DAYS)]
    index = 60.0 + 5.0 * np.sin(np.arange(DAYS) / 6.0)
    return {
        "signals/price_ETH": pd.DataFrame({"known_at": times, "close": eth.round(2), "provenance": "simulated"}),
        "signals/index_ETH": pd.DataFrame(
            {
                "known_at": times,
                "high": (index + 1.5).round(2),
                "low": (index - 1.5).round(2),
                "close": index.round(2),
                "provenance": "simulated",
            }
        ),
        "prices": pd.DataFrame({"timestamp": times[-6:], "ETH": eth[-6:].round(2), "BTC": btc[-6:].round(1)}),
    }


def write_files(folder: Path) -> Path:
    """Write every file into a folder."""
    (folder / "signals").mkdir(parents=True, exist_ok=True)
    for name, table in {"chain": chain_table(), **price_tables()}.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    source = 'source = "simulated, seed 7: no real market"\nprovenance = "simulated"\n'
    (folder / "signals" / "source.toml").write_text(source, encoding="utf-8")
    return folder


def _time(seconds: int) -> str:
    return pd.Timestamp(seconds, unit="s").strftime("%Y-%m-%dT%H:%MZ")


if __name__ == "__main__":
    write_files(Path(sys.argv[1]))
