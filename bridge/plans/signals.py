"""The signals of one plan: histories, the term structure of its own chains, the quick ratio of its pools."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from bridge.adapters.pool_position import PoolPosition
from bridge.config import SignalsConfig
from bridge.errors import BadConfig
from bridge.foreign import setting_word
from bridge.plans.observe import Observation
from bridge.plans.past_prices import check_indices, check_past
from bridge.snapshot import Snapshot
from bridge.sources.signal_sources import read_histories
from hedge.decision.programme.pose import NOTHING_KNOWN, Past
from hedge.errors import HedgeError
from hedge.instruments.option_chain import OptionChain
from hedge.market import Provenance
from hedge.signals.board import read_board
from hedge.signals.histories import Histories
from hedge.signals.known import KNOWN_AT, FloatSeries
from hedge.signals.liquidity import quick_ratio
from hedge.signals.signal import Signal
from hedge.signals.spec import signal_names
from hedge.signals.specs.quick_ratio import quick_ratio_signal
from hedge.units import DAY
from hedge.volatility.index import index_from_chain

NEAR_DAYS, FAR_DAYS = 30.0, 90.0
PICTURED: Final = 365 * DAY
"""History of the index that a report draws."""
NO_HISTORIES: Final = Histories({})


@dataclass(frozen=True, eq=False)
class SignalReadings:
    """Hold the signals of one plan, and what else its histories tell.

    Parameters
    ----------
    index
        Of the book over the year before, decimals; None where it is unknown.
    past
        Prices and volatility indices of the book's assets that scenarios are drawn from.
    histories
        Every table as known at the plan's block.
    given
        Whether the source of histories gave any: today's quotes extend the tables.
    """

    signals: tuple[Signal, ...] = ()
    index: FloatSeries | None = None
    past: Past = NOTHING_KNOWN
    histories: Histories = NO_HISTORIES
    given: bool = False

    def source(self) -> dict[str, str] | None:
        """Return where the histories are from and what kind of source that is; None where there are none."""
        found = self.histories
        return {"origin": found.origin, "provenance": str(found.provenance)} if self.given else None

    def source_words(self) -> str:
        """Return the same in words, empty where there are none."""
        return f"{self.histories.origin} ({self.histories.provenance})" if self.given else ""


def read_signals(
    terms: SignalsConfig,
    observation: Observation,
    option_chains: Mapping[str, OptionChain],
    snapshot: Snapshot | None = None,
) -> SignalReadings:
    """Return every signal that the settings ask for, as known at the observation's block.

    Parameters
    ----------
    terms
        The folder of histories, and what is left out.
    observation
        Its block says what was known; its book weighs the assets.
    option_chains
        Option chains by asset: quotes from a file extend the term structure by today's.
    snapshot
        Where the book's pools are; without them the quick ratio is missing.

    Raises
    ------
    BadConfig
        A name that is left out is no signal.
    BadFile
        A history cannot be used, or is not one of the book's assets up to now; see `bridge.plans.past_prices`.
    Reorganised
        The block was replaced while the pools were read.
    """
    names = signal_names()
    unknown = sorted(set(terms.leave_out) - set(names))
    if unknown:
        raise BadConfig(f"signals.leave_out: no signal {setting_word(unknown[0])}: one of {', '.join(names)}")
    at = observation.block.timestamp
    latest = max(int(time.time()), at)
    histories = read_histories(terms, latest)
    given = bool(histories.tables)
    histories = histories.known(at)
    check_past(histories, observation.book.assets, observation.market.spots, at, terms.folder or terms.source)
    check_indices(histories, option_chains, at, terms.folder or terms.source)
    histories = with_term_structure(histories, option_chains)
    weights = asset_weights(observation)
    use = [name for name in names if name not in terms.leave_out]
    measured = [_quick_ratio(terms, observation, snapshot)] if snapshot else []
    signals = read_board(histories, weights, at, use=use, given=measured)
    return SignalReadings(signals, _index(histories, weights, at), _past(histories, weights), histories, given)


class _Series(NamedTuple):
    times: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]


def _past(known: Histories, assets: Collection[str]) -> Past:
    """Return closes and volatility indices of the assets that have both; simulated ones draw no scenario."""
    if known.provenance is Provenance.SIMULATED:
        return NOTHING_KNOWN
    found: dict[str, dict[str, _Series]] = {"price": {}, "index": {}}
    for kind, asset in ((kind, asset) for kind in found for asset in assets):
        if not known.lacking(f"{kind}_{asset}"):
            series = known.column(f"{kind}_{asset}", "close").dropna()
            found[kind][asset] = _Series(series.index.to_numpy(dtype=np.int64), series.to_numpy(dtype=np.float64))
    return Past(found["price"], found["index"])


def _index(known: Histories, weights: Mapping[str, float], at: int) -> FloatSeries | None:
    if not weights or known.lacking(*(f"index_{asset}" for asset in weights)):
        return None
    index = known.of_book("index", "close", weights).dropna()
    return index[index.index >= at - PICTURED]


def asset_weights(observation: Observation) -> dict[str, float]:
    """Return the share of each asset in the value of the book; empty for a book that is worth nothing."""
    assets = observation.exposure.assets
    total = sum(exposure.value_usd for exposure in assets.values())
    return {name: assets[name].value_usd / total for name in sorted(assets)} if total > 0.0 else {}


def with_term_structure(histories: Histories, option_chains: Mapping[str, OptionChain]) -> Histories:
    """Add the index at 30 and 90 days that each quoted chain gives, where it is newer than the history.

    A chain that no market said adds nothing; nor does one without enough quotes around 90 days.
    """
    tables = dict(histories.tables)
    for asset, chain in sorted(option_chains.items()):
        name = f"term_{asset}"
        known = tables.get(name)
        if not chain.provenance.observed or (known is not None and known.index[-1] >= chain.observed_at):
            continue
        try:
            near, far = (index_from_chain(chain.quotes, target_days=days).vol for days in (NEAR_DAYS, FAR_DAYS))
        except HedgeError:
            continue
        row = pd.DataFrame({"near": [near], "far": [far]}, index=pd.Index([chain.observed_at], name=KNOWN_AT))
        tables[name] = row if known is None else pd.concat([known, row])
    return replace(histories, tables=tables)


def _quick_ratio(terms: SignalsConfig, seen: Observation, snapshot: Snapshot) -> Signal:
    from bridge.adapters.pool_depth import BAND, read_depth  # reads contracts: web3 is not imported without a node

    held, depth = [each for each in seen.raw_positions if isinstance(each, PoolPosition)], 0.0
    for name in sorted({each.network for each in held}):
        at = snapshot.on(name)
        depth += read_depth(at, [each for each in held if each.network == name])
        at.confirm()  # the plan's last reads
    outflow = terms.outflow_share * seen.exposure.value_usd
    ratio = float(quick_ratio(depth, terms.reserves_usd, outflow, terms.margin_usd))
    source = (
        f"USD pools pay {depth:,.0f} for a fall of {BAND:.0%}, reserves {terms.reserves_usd:,.0f}; due "
        f"{outflow:,.0f} of outflow ({terms.outflow_share:.0%} of the book) and {terms.margin_usd:,.0f} of margin"
    )
    return quick_ratio_signal(ratio, seen.block.timestamp, source)
