"""What is held now, leg by leg: its mark and where that is from, its greeks, and the layer whose role it fills.

A leg is marked at its own quote; where it has none, on the smile of the quoted options; where there are no quotes at
all, at the volatility of the market. Every mark says which, and of when it is. No programme is solved: a monitor can
ask for it at every look.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

from hedge import options
from hedge.book.exposure import BookExposure
from hedge.decision.metrics import NetGreeks, net_of
from hedge.decision.programme.columns import nearest_layer
from hedge.decision.programme.revalue import Smiles
from hedge.decision.programme.spreads import covered_units
from hedge.errors import NotListed
from hedge.instruments.contract import Contract
from hedge.instruments.holdings import Holdings
from hedge.instruments.leg import LEAST_VOL, Leg, LegGreeks
from hedge.instruments.listing import Listing
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.perpetual import PerpetualLeg
from hedge.layers.registry import layer_spec, layer_specs
from hedge.market import Market
from hedge.policy.parameters import KEY_IDS, Parameters
from hedge.units import BPS, DAY, YEAR_SECONDS, json_number


class MarkSource(StrEnum):
    """Where a mark is from: the leg's own quote, the smile of other quotes, the market's volatility, its pay-off
    where it has expired, the index."""

    QUOTE = "quote"
    SURFACE = "surface"
    VOLATILITY = "volatility"
    EXPIRED = "expired"
    INDEX = "index"


@dataclass(frozen=True)
class HeldLeg:
    """Hold one leg at its mark.

    Parameters
    ----------
    leg : with what is held of it as its quantity, and its mark as its price, USD per unit. layer : whose role it fills.
    source, marked_at : of the mark; unix seconds. spot : of its asset now. naked : units that are sold and covered by
        no wing.
    """

    leg: Leg
    layer: str
    source: MarkSource
    marked_at: int
    spot: float
    naked: float = 0.0

    @property
    def value_usd(self) -> float:
        """Return its value: 0 for a perpetual, whose gain stands in the account."""
        return 0.0 if isinstance(self.leg, PerpetualLeg) else self.leg.quantity * self.leg.price

    @property
    def greeks(self) -> LegGreeks:
        """Return its sensitivities; none where it has expired."""
        return LegGreeks() if self.source is MarkSource.EXPIRED else self.leg.greeks(self.spot)

    def days_left(self, at: int) -> float:
        """Return the days to its expiry; infinite for a perpetual."""
        return math.inf if isinstance(self.leg, PerpetualLeg) else (self.leg.expiry_at - at) / DAY


@dataclass(frozen=True)
class LayerCover:
    """Hold what the held legs of a layer on one asset cover of the book.

    Parameters
    ----------
    legs : how many. value_usd : at their marks. delta_usd, gamma_usd (per 1 % move), vega_usd (per 1.00), theta_usd
    (per year) : of all of them. delta_share, gamma_share : of the pools' delta and gamma that they offset; NaN where
    the pools have none. cap_usd : most cash that the layer's governed key allows; NaN where none does.
    days_left : to the first expiry, infinite where there is none.
    """

    asset: str
    layer: str
    legs: int
    value_usd: float
    delta_usd: float
    gamma_usd: float
    vega_usd: float
    theta_usd: float
    delta_share: float
    gamma_share: float
    cap_usd: float
    days_left: float

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; an unknown number is None."""
        return {name: json_number(value) for name, value in asdict(self).items()}


def held_legs(
    holdings: Holdings,
    market: Market,
    chains: Mapping[str, OptionChain],
    parameters: Parameters,
    own: Mapping[str, Parameters] | None = None,
) -> tuple[HeldLeg, ...]:
    """Return everything that is held at its mark, by asset, layer and name.

    Parameters
    ----------
    market : prices every asset that is held; its time is now. chains : by asset; one without is marked at the market's
    volatility. parameters : whose bands say which layer an option fills. own : those of an asset with a ledger of its
    own, in their place.

    Raises
    ------
    UnknownAsset : the market does not price something that is held.
    """
    found: list[HeldLeg] = []
    for asset in sorted({contract.asset for contract, units in holdings.options.items() if units}):
        options = {c: units for c, units in holdings.options.items() if c.asset == asset and units}
        found += _options(options, market, chains.get(asset), (own or {}).get(asset, parameters))
    for asset, units in sorted(holdings.perpetuals.items()):
        if units:
            leg = PerpetualLeg.of(asset, units, market.spot(asset), market.observed_at, 0.0, 0.0)
            found.append(HeldLeg(leg, "delta", MarkSource.INDEX, market.observed_at, market.spot(asset)))
    number = {spec.name: spec.number for spec in layer_specs()}
    return tuple(sorted(found, key=lambda held: (held.leg.underlying, number[held.layer], held.leg.label)))


def held_greeks(exposure: BookExposure, legs: Iterable[HeldLeg]) -> dict[str, NetGreeks]:
    """Return the greeks of the pools and of what is held together, per asset of either."""
    sums: dict[str, LegGreeks] = {}
    for held in legs:
        asset = held.leg.underlying
        sums[asset] = sums.get(asset, LegGreeks()) + held.greeks
    return {asset: net_of(exposure, asset, sums.get(asset, LegGreeks())) for asset in exposure.assets}


def layer_covers(
    exposure: BookExposure,
    legs: Iterable[HeldLeg],
    parameters: Parameters,
    at: int,
    own: Mapping[str, Parameters] | None = None,
) -> tuple[LayerCover, ...]:
    """Return what each layer's held legs cover, by asset and layer.

    Parameters
    ----------
    at : unix seconds, now. parameters, own : as in `held_legs`.
    """
    groups: dict[tuple[str, str], list[HeldLeg]] = {}
    for held in legs:
        groups.setdefault((held.leg.underlying, held.layer), []).append(held)
    return tuple(
        _cover(exposure, asset, layer, group, (own or {}).get(asset, parameters), at)
        for (asset, layer), group in groups.items()
    )


def _cover(
    exposure: BookExposure, asset: str, layer: str, legs: list[HeldLeg], parameters: Parameters, at: int
) -> LayerCover:
    total = exposure.assets.get(asset)
    spot = legs[0].spot
    greeks = sum((held.greeks for held in legs), LegGreeks())
    cap = layer_spec(layer).cap
    return LayerCover(
        asset, layer, len(legs), math.fsum(held.value_usd for held in legs), greeks.delta * spot,
        greeks.gamma * spot**2 / 100.0, greeks.vega, greeks.theta,
        -greeks.delta / total.delta if total and total.delta else math.nan,
        -greeks.gamma / total.gamma if total and total.gamma else math.nan,
        parameters.to_values()[KEY_IDS[cap]] / BPS * exposure.value_usd if cap and exposure.value_usd else math.nan,
        min(held.days_left(at) for held in legs),
    )  # fmt: skip


def _options(
    own: Mapping[Contract, float], market: Market, chain: OptionChain | None, parameters: Parameters
) -> list[HeldLeg]:
    """Return the options that are held on one asset, each at its mark and in its layer."""
    marks = _Marks(market, chain)
    in_spreads, naked = covered_units(own)
    layers = _layers(marks.listing, parameters)
    spot = market.spot(next(iter(own)).asset)
    found: list[HeldLeg] = []
    for contract, units in sorted(own.items()):
        leg, source, at = marks.leg(contract, units)
        if units < 0.0:
            alone = 0.0 if source is MarkSource.EXPIRED else naked.get(contract, 0.0)
            found.append(HeldLeg(leg, "condor", source, at, spot, alone))
            continue
        wings = in_spreads.get(contract, 0.0)
        layer = layers.get(contract) or nearest_layer(contract.is_call)
        found += [
            HeldLeg(replace(leg, quantity=quantity), name, source, at, spot)
            for quantity, name in ((units - wings, layer), (wings, "condor"))
            if quantity > 0.0
        ]
    return found


def _layers(listing: Listing | None, parameters: Parameters) -> dict[Contract, str]:
    """Return the layer that admits each listed contract."""
    if listing is None:
        return {}
    names = listing.contracts()
    found: dict[Contract, str] = {}
    for spec in layer_specs():
        if spec.admits is not None:
            for row in np.flatnonzero(spec.admits(listing, parameters)).tolist():
                found.setdefault(names[row], spec.name)
    return found


class _Marks:
    """Marks of options on one asset, from its chain where it has one."""

    def __init__(self, market: Market, chain: OptionChain | None) -> None:
        self.market, self.now = market, market.observed_at
        self.listing = Listing.of_chain(chain, {}) if chain else None
        self.rows: dict[Contract, int] = {}
        self.smiles: Smiles | None = None
        if self.listing:
            self.rows = {contract: row for row, contract in enumerate(self.listing.contracts())}
            try:
                self.smiles = Smiles.of(self.listing)
            except NotListed:
                self.smiles = None

    def leg(self, contract: Contract, units: float) -> tuple[Leg, MarkSource, int]:
        """Return a contract as a leg whose price is its mark, with the source and time of that."""
        spot, years = self.market.spot(contract.asset), (contract.expiry_at - self.now) / YEAR_SECONDS
        if years <= 0.0:
            paid = contract.payoff(spot)
            return _leg(contract, units, 1e-9, paid, LEAST_VOL, spot, 0.0), MarkSource.EXPIRED, self.now
        if self.listing is None or self.smiles is None:
            vol = self.market.vol(contract.asset)
            return _leg(contract, units, years, math.nan, vol, spot, 0.0), MarkSource.VOLATILITY, self.now
        row, at = self.rows.get(contract), self.listing.observed_at
        near = int(np.argmin(np.abs(self.listing.expiry_at - contract.expiry_at)))
        carry = float(self.listing.carry[near if row is None else row])
        if row is not None and self.listing.vol[row] > 0.0:
            mark, vol = float(self.listing.worth[row]), float(self.listing.vol[row])
            return _leg(contract, units, years, mark, vol, spot, carry), MarkSource.QUOTE, at
        smile = self.smiles.of_expiry(contract.expiry_at)
        log = math.log(contract.strike / spot) - carry * years
        vol = float(smile.at(np.array([log / (smile.at_money * math.sqrt(years))]))[0])
        return _leg(contract, units, years, math.nan, vol, spot, carry), MarkSource.SURFACE, at


def _leg(contract: Contract, units: float, years: float, mark: float, vol: float, spot: float, carry: float) -> Leg:
    """Return a leg at its mark, at Black-Scholes where it has none; discounting at the carry makes it coin x index."""
    if math.isnan(mark):
        mark = float(options.price(spot, contract.strike, years, vol, carry, carry, contract.is_call))
    forward = spot * math.exp(carry * years)
    return Leg(
        contract.asset, contract.expiry_at, years, contract.strike, contract.is_call, units, mark, vol, forward, carry,
        carry, 0.0,
    )  # fmt: skip
