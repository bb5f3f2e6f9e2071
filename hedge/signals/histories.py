"""The histories that signals are made from: tables by name, every row indexed by the second at which it was known.

    price_ETH      close                               of an asset, USD
    index_ETH      high, low, close                    its volatility index, decimals (0.6 is 60 %)
    term_ETH       near, far                           its index at a short and a long horizon
    funding_ETH    rate                                what perpetual futures pay per eight hours
    releases       event, actual, expected             macro figures; NaN: never released, or no forecast known
    calendar       event, release_at                   dates of releases, known when they were announced
    rates          home, foreign                       interest rates, per cent a year
    dollar         close                               trade-weighted dollar or a real-exchange-rate index
    members        one column per member               closes of coins or stocks, for the advance-decline line
    market         close, vol                          the market of the CAPM and of the members, its implied volatility

A table that is absent is a missing signal, never a calm one. A book of several assets is read as one: its price, index,
term structure and funding are those of its assets weighted by their value today, as the level of the index is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from hedge.market import Provenance
from hedge.signals.calendar import Calendar, Release
from hedge.signals.known import KNOWN_AT, FloatSeries, align, known_series
from hedge.units import DAY


@dataclass(frozen=True, eq=False)
class Histories:
    """Hold the tables by name.

    Parameters
    ----------
    tables : indexed by known_at (unix seconds); rows of one event increase strictly, other tables' rows do.
    origin : where they come from, in words. provenance : what kind of source that is.
    """

    tables: Mapping[str, pd.DataFrame]
    origin: str = ""
    provenance: Provenance = Provenance.FILE

    def known(self, at: int) -> Histories:
        """Return what was known at the unix second: every later row is left out, and a table without rows with it."""
        clipped = {name: table[table.index <= at] for name, table in self.tables.items()}
        return replace(self, tables={name: table for name, table in clipped.items() if len(table)})

    def column(self, table: str, column: str) -> FloatSeries:
        """Return one column as a series; an empty one where nothing is known."""
        rows = self.tables.get(table)
        if rows is None or column not in rows:
            return known_series([], np.zeros(0, dtype=np.int64), column)
        return known_series(rows[column].to_numpy(dtype=np.float64), rows.index.to_numpy(), column)

    def event(self, name: str) -> tuple[FloatSeries, FloatSeries]:
        """Return the figures of one macro event and what was expected of each just before; both empty if unknown."""
        rows = self.tables.get("releases")
        only = {} if rows is None else {"releases": rows[(rows["event"] == name).to_numpy(dtype=np.bool_)]}
        chosen = Histories(only)
        return chosen.column("releases", "actual"), chosen.column("releases", "expected")

    def calendar(self) -> Calendar:
        """Return the releases whose dates are known; empty where none is."""
        rows = self.tables.get("calendar")
        if rows is None:
            return Calendar(())
        dates = zip(rows["release_at"], rows["event"], rows.index, strict=True)
        return Calendar(tuple(Release(int(release), str(event), int(known)) for release, event, known in dates))

    def of_book(self, kind: str, column: str, weights: Mapping[str, float], *, logs: bool = False) -> FloatSeries:
        """Return the weighted sum of one column over the assets of a book.

        Parameters
        ----------
        kind : index, term, funding or price. weights : by asset, summing to 1. logs : weigh logarithms, for prices.

        Returns
        -------
        Series on every time at which any asset's number became known; NaN while one of them is unknown or two days old.
        """
        series = align(2 * DAY, *(self.column(f"{kind}_{asset}", column) for asset in weights))
        values = np.column_stack([history.to_numpy() for history in series])
        parts = np.asarray(list(weights.values()))
        total = np.exp(np.log(values) @ parts) if logs else values @ parts
        return pd.Series(total, index=series[0].index.rename(KNOWN_AT), name=column)

    def lacking(self, *names: str) -> str:
        """Say which of the tables are not there; empty where all are."""
        absent = [name for name in names if name not in self.tables]
        return f"no {', no '.join(absent)}" if absent else ""
