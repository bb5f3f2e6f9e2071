"""Option quotes at one moment, as an account trades and marks at them: listed ones, or those of a stated smile."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from hedge import options
from hedge.errors import BadInput
from hedge.instruments.contract import Contract
from hedge.instruments.fees import DERIBIT, Fees
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.synthetic_chain import TICK, Smile, synthetic_chain
from hedge.market import Provenance
from hedge.numerics.arrays import FloatArray
from hedge.units import YEAR_SECONDS

COLUMNS: Final = ("expiry_at", "strike", "is_call", "bid", "ask", "mark", "vol", "forward")
BELOW_INTRINSIC: Final = 0.005
"""Share of the underlying's price below intrinsic value at which an option in the money without a bid is closed."""


class Price(NamedTuple):
    """What one option is quoted at: USD per unit, NaN where there is no quote; `vol` is a decimal."""

    bid: float
    ask: float
    mark: float
    vol: float


class Quotes(Protocol):
    """The options on one asset at one moment."""

    @property
    def asset(self) -> str:
        """Return the underlying."""
        ...

    @property
    def observed_at(self) -> int:
        """Return the unix time of the quotes."""
        ...

    @property
    def spot(self) -> float:
        """Return the USD price of the underlying that they were made at."""
        ...

    @property
    def lot(self) -> float:
        """Return the least quantity."""
        ...

    @property
    def chain(self) -> OptionChain:
        """Return them as a strategy chooses from."""
        ...

    def prices(self, contracts: Sequence[Contract]) -> list[Price | None]:
        """Return what each contract is quoted at; None where it is not listed."""
        ...


@dataclass(frozen=True, eq=False)
class ListedQuotes:
    """Hold one snapshot of a venue's option quotes, in USD per unit at its index.

    Parameters
    ----------
    asset, observed_at, spot : underlying, unix seconds, index in USD.
    expiry_at, strike, is_call : of each option, shape (n,).
    bid, ask, mark, vol, forward : shape (n,); NaN where there is none. A crossed quote is the reader's to take out.
    lot : least quantity. source : in words.

    Raises
    ------
    BadInput : no option, columns of different lengths, a spot or strike that is not finite and > 0, a number that is
        infinite or below 0, a crossed quote, or one contract twice.
    """

    asset: str
    observed_at: int
    spot: float
    expiry_at: npt.NDArray[np.int64]
    strike: FloatArray
    is_call: npt.NDArray[np.bool_]
    bid: FloatArray
    ask: FloatArray
    mark: FloatArray
    vol: FloatArray
    forward: FloatArray
    lot: float
    source: str = ""
    fees: Fees = field(default=DERIBIT)
    provenance: Provenance = Provenance.FILE

    def __post_init__(self) -> None:
        if not (math.isfinite(self.spot) and self.spot > 0.0):
            raise BadInput(f"spot of {self.asset} at {self.observed_at}", self.spot, "must be finite and > 0")
        if not len(self.strike):
            raise BadInput(f"options on {self.asset} at {self.observed_at}", 0, "must be at least one")
        self._check_columns()
        if (self.bid > self.ask).any():
            raise BadInput(f"bid of {self.asset} at {self.observed_at}", "crossed", "must not be above its ask")
        if len(self._rows) < len(self.strike):
            raise BadInput(f"options on {self.asset} at {self.observed_at}", "one twice", "must be listed once each")

    def _check_columns(self) -> None:
        names = ("bid", "ask", "mark", "vol", "forward")
        columns = {name: getattr(self, name) for name in ("expiry_at", "strike", "is_call", *names)}
        if len(lengths := {column.shape for column in columns.values()}) > 1:
            raise BadInput(f"options on {self.asset} at {self.observed_at}", lengths, "must be rows of every column")
        wrong = {name: np.isinf(columns[name]) | (columns[name] < 0.0) for name in names}
        for name, rows in (wrong | {"strike": ~(np.isfinite(self.strike) & (self.strike > 0.0))}).items():
            if rows.any():
                value, rule = float(columns[name][rows][0]), "must be finite and not below 0, or NaN for none"
                raise BadInput(f"{name} of {self.asset} at {self.observed_at}", value, rule)
        for name in COLUMNS:  # strategies share them, and one must not write for the others
            getattr(self, name).setflags(write=False)

    @cached_property
    def _rows(self) -> dict[tuple[int, float, bool], int]:
        listed = zip(self.expiry_at.tolist(), self.strike.tolist(), self.is_call.tolist(), strict=True)
        return {key: row for row, key in enumerate(listed)}

    def prices(self, contracts: Sequence[Contract]) -> list[Price | None]:
        """Return what each contract is quoted at; see `Quotes`."""
        rows = [self._rows.get((contract.expiry_at, contract.strike, contract.is_call)) for contract in contracts]
        return [
            None
            if row is None
            else Price(*(float(column[row]) for column in (self.bid, self.ask, self.mark, self.vol)))
            for row in rows
        ]

    @cached_property
    def chain(self) -> OptionChain:
        """Return the options that have not expired as a chain; see `Quotes`.

        A premium is coin x index, worth exp(-carry T) of coin x forward: the carry of each row is its rate, so that
        parity holds in the chain as it does in coin.
        """
        alive = self.expiry_at > self.observed_at
        years = (self.expiry_at - self.observed_at) / YEAR_SECONDS
        with np.errstate(divide="ignore"):
            carry = np.log(self.forward / self.spot) / np.where(alive, years, 1.0)
        frame = pd.DataFrame(
            {
                "expiry_at": self.expiry_at,
                "expiry": years,
                "strike": self.strike,
                "is_call": self.is_call,
                "bid": self.bid,
                "ask": self.ask,
                "vol": self.vol,
                "forward": self.forward,
                "lot": self.lot,
                "rate": carry,
            }
        )[alive]
        return OptionChain.from_frame(
            self.asset, self.observed_at, self.spot, frame, self.source, fees=self.fees, provenance=self.provenance
        )


@dataclass(frozen=True, eq=False)
class ModelQuotes:
    """Quote every option from one smile, where a market's quotes are not at hand.

    Parameters
    ----------
    asset, observed_at, spot : as in `Quotes`. atm_vol : at the money over 30 days, decimal, > 0.
    smile : the surface and half the spread. lot : least quantity.
    """

    asset: str
    observed_at: int
    spot: float
    atm_vol: float
    smile: Smile
    lot: float

    @cached_property
    def chain(self) -> OptionChain:
        """Return the synthetic chain; see `Quotes`."""
        return synthetic_chain(self.asset, self.spot, self.observed_at, self.atm_vol, self.smile, lot=self.lot)

    def prices(self, contracts: Sequence[Contract]) -> list[Price | None]:
        """Return what the smile gives, listed or not; None at and after expiry."""
        alive = [contract for contract in contracts if contract.expiry_at > self.observed_at]
        if not alive:
            return [None] * len(contracts)
        strike = np.array([contract.strike for contract in alive])
        years = np.array([(contract.expiry_at - self.observed_at) / YEAR_SECONDS for contract in alive])
        vol = np.array(
            [
                self.smile.vol(k, self.spot, t, self.atm_vol)
                for k, t in zip(strike.tolist(), years.tolist(), strict=True)
            ]
        )
        half, calls = self.smile.half_spread, np.array([contract.is_call for contract in alive])
        sides = np.stack([np.maximum(vol - half, 0.0), vol, vol + half])
        low, middle, high = options.price(self.spot, strike, years, sides, 0.0, 0.0, calls)
        tick = self.spot * TICK
        bid, ask = np.floor(low / tick) * tick, (np.floor(high / tick) + 1.0) * tick
        rows = zip(np.where(bid > 0.0, bid, np.nan).tolist(), ask.tolist(), middle.tolist(), vol.tolist(), strict=True)
        found = {contract: Price(*row) for contract, row in zip(alive, rows, strict=True)}
        return [found.get(contract) for contract in contracts]


def unbid_price(contract: Contract, spot: float) -> float:
    """Return what a held option without a bid is sold at: 0, or in the money a little below its intrinsic value."""
    return max(contract.payoff(spot) - BELOW_INTRINSIC * spot, 0.0)
