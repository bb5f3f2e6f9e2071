"""The instruments of a programme as its columns: options by layer, whole condors, index legs, perpetuals.

An option is bought for the layer that admits it; what no layer admits is not bought, and what is held of it may only
be sold. A condor is one column, sold whole, so that no sold leg is ever without its wing. A perpetual offsets a part
of the delta. Gains are from the mark of now to the value in each scenario.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from hedge.decision.programme.revalue import Smiles, values_at
from hedge.decision.programme.spreads import held_spreads
from hedge.errors import NotListed
from hedge.instruments.contract import Contract
from hedge.instruments.index_listing import IndexListing
from hedge.instruments.leg import Leg, lots_down
from hedge.instruments.listing import Listing
from hedge.instruments.perpetual import PerpetualLeg
from hedge.layers.registry import layer_specs
from hedge.numerics.arrays import BoolArray, FloatArray
from hedge.policy.parameters import Parameters
from hedge.risk.scenarios import Scenarios
from hedge.units import BPS

Rows = npt.NDArray[np.intp]

PERPETUAL_LOT: Final = 0.001
"""Of a lot of options: perpetuals trade in dollars."""
LEG_SHARE: Final = 1.0
"""Most units of one instrument, as a share of the book's value over the spot."""
NEARER: Final = (1.0, 0.6)
"""Deltas of the legs that a condor sells, as shares of the governed one."""
WIDTHS: Final = (1.0, 0.5)
"""Distances to its wings, as shares of the governed one."""
INCOME: Final = 0.5
"""Share of what a condor is expected to earn that pays for protection: the rest may be the smile's own error."""
LEAST_CONDOR_DAYS: Final = 3.0
INDEX_DAYS: Final = 30.0


class SoldLegs(NamedTuple):
    """Rows of a listing: what a condor sells, and the wings that it buys; one of each for a spread that is held."""

    short: tuple[int, ...]
    long: tuple[int, ...]

    @property
    def rows(self) -> tuple[int, ...]:
        """Return every row, sold ones first."""
        return self.short + self.long

    @property
    def signs(self) -> FloatArray:
        """Return -1 for what is sold and 1 for what is bought."""
        return np.array([-1.0] * len(self.short) + [1.0] * len(self.long))


@dataclass(frozen=True)
class Column:
    """Hold one instrument of the programme, per unit of it.

    Parameters
    ----------
    layer : whose role it fills. asset : underlying. label : as people read it. spot_usd : of the asset.
    contracts : that one unit holds, with their signs; empty for a perpetual or an index leg.
    gamma_usd : USD per 1 % move. leg : of an index leg or perpetual, one unit. traded_usd : cash that changes hands
        where one unit is bought or sold, of options.
    """

    layer: str
    asset: str
    label: str
    spot_usd: float
    contracts: tuple[tuple[Contract, float], ...]
    gamma_usd: float = 0.0
    leg: Leg | None = None
    traded_usd: float = 0.0

    @property
    def is_condor(self) -> bool:
        """Tell whether it is sold whole."""
        return len(self.contracts) > 1

    @property
    def is_perpetual(self) -> bool:
        """Tell whether it is a perpetual."""
        return isinstance(self.leg, PerpetualLeg)


class Numbers(NamedTuple):
    """What a problem asks of its columns, in the order of its fields from `gains` to `lot`."""

    gains: FloatArray
    buy_cost: FloatArray
    sell_cost: FloatArray
    cash: FloatArray
    decay: FloatArray
    held: FloatArray
    low: FloatArray
    high: FloatArray
    lot: FloatArray


@dataclass(frozen=True, eq=False)
class Side:
    """Hold one asset's options: what may be bought of them and for which layer, its condors, and its smiles.

    Parameters
    ----------
    listing : candidates and what is held. layers : of each row. fits : which may be bought. condors : with units held,
        and whether more may be sold. stays : contracts of held condors of which a leg is not quoted: they stay whole.
    """

    listing: Listing
    smiles: Smiles
    layers: tuple[str, ...]
    fits: BoolArray
    condors: tuple[tuple[SoldLegs, float, bool], ...]
    stays: tuple[Contract, ...]


def side_of(
    listing: Listing, parameters: Parameters, selling: bool, own: Mapping[Contract, float], only: frozenset[str]
) -> Side:
    """Return the candidates of an asset.

    Parameters
    ----------
    listing : whole; what it says is held is not looked at. selling : whether condors may be sold. own : units of the
        asset's contracts that are held, negative where sold. only : layers that may buy; all where it is empty.

    Raises
    ------
    BadInput : a sold leg that is not part of a condor. NotListed : no option has a volatility.
    """
    smiles = Smiles.of(listing)
    owner, fits = np.full(len(listing), "", dtype=object), np.zeros(len(listing), dtype=np.bool_)
    for spec in layer_specs():
        if spec.admits is not None:
            admitted = spec.admits(listing, parameters)
            new = admitted & (owner == "")
            owner[new] = spec.name
            if not only or spec.name in only:
                fits |= new & (listing.ask > 0.0)
    owner[owner == ""] = [nearest_layer(is_call) for is_call in listing.is_call[owner == ""].tolist()]
    whole, rest = held_spreads(own)
    offered = _condors(listing, parameters) if selling and (not only or "condor" in only) else []
    known = {contract: row for row, contract in enumerate(listing.contracts())}
    quoted = {legs: all(contract in known for contract in legs.short + legs.long) for legs in whole}
    held = {
        SoldLegs(tuple(known[c] for c in legs.short), tuple(known[c] for c in legs.long)): units
        for legs, units in whole.items()
        if quoted[legs]
    }
    stays = {contract for legs in whole if not quoted[legs] for contract in legs.short + legs.long}
    condors = [*((legs, units, legs in offered) for legs, units in held.items())]
    condors += [(legs, 0.0, True) for legs in offered if legs not in held]
    listing = listing.holding(rest)
    rows = np.flatnonzero(fits | (listing.held > 0.0))
    needed = np.unique(np.concatenate([rows, *(np.array(legs.rows) for legs, _, _ in condors)]).astype(np.intp))
    place = {row: number for number, row in enumerate(needed.tolist())}
    moved = tuple(
        (SoldLegs(tuple(place[row] for row in legs.short), tuple(place[row] for row in legs.long)), units, more)
        for legs, units, more in condors
    )
    return Side(listing.take(needed), smiles, tuple(owner[needed].tolist()), fits[needed], moved, tuple(sorted(stays)))


def nearest_layer(is_call: bool) -> str:
    """Return the layer that an option which none admits is counted to."""
    return "volatility" if is_call else "tail"


def _condors(listing: Listing, parameters: Parameters) -> list[SoldLegs]:
    """Return the condors that may be sold, of every expiry within the governed tenor."""
    days, found = listing.days, []
    inside = (days >= LEAST_CONDOR_DAYS) & (days <= parameters.condor_tenor_days)
    for expiry_at in np.unique(listing.expiry_at[inside]).tolist():
        rows = np.flatnonzero((listing.expiry_at == expiry_at) & (listing.bid > 0.0) & (listing.ask > 0.0))
        delta = np.nan_to_num(np.abs(listing.deltas[rows]), nan=1.0)
        for share in NEARER:
            most = share * parameters.condor_short_delta_bps / BPS
            short = [_short(listing, rows, delta, is_call, most) for is_call in (False, True)]
            for width in WIDTHS:
                reach = width * parameters.condor_wing_bps / BPS * listing.spot
                legs = [row for row in short if row is not None]
                wings = [wing for row in legs if (wing := _wing(listing, rows, row, reach)) is not None]
                if len(legs) == len(wings) == 2:
                    found.append(SoldLegs(tuple(legs), tuple(wings)))
    return list(dict.fromkeys(found))


def _short(listing: Listing, rows: Rows, delta: FloatArray, is_call: bool, most: float) -> int | None:
    """Return the row of a kind with the largest delta not above `most`."""
    fits = np.flatnonzero((listing.is_call[rows] == is_call) & (delta <= most) & (delta > 0.0))
    return int(rows[fits[np.argmax(delta[fits])]]) if len(fits) else None


def _wing(listing: Listing, rows: Rows, short: int, reach: float) -> int | None:
    """Return the farthest row out of the money from a sold one within reach."""
    sign = 1.0 if listing.is_call[short] else -1.0
    away = sign * (listing.strike[rows] - listing.strike[short])
    fits = np.flatnonzero((listing.is_call[rows] == listing.is_call[short]) & (away > 0.0) & (away <= reach))
    return int(rows[fits[np.argmax(away[fits])]]) if len(fits) else None


def option_columns(side: Side, value_usd: float, scenarios: Scenarios) -> tuple[list[Column], Numbers]:
    """Return an asset's options and condors as columns."""
    listing = side.listing
    worth, gains = listing.worth, option_gains(side, scenarios)
    to_buy, to_sell = np.where(listing.ask > 0.0, listing.to_buy, worth), listing.to_sell
    most = np.array([lots_down(LEG_SHARE * value_usd / listing.spot, lot) for lot in listing.lot.tolist()])
    numbers = Numbers(
        gains=gains,
        buy_cost=np.maximum(to_buy - worth, 0.0),
        sell_cost=np.maximum(worth - to_sell, 0.0),
        cash=to_buy,
        # What the scenarios' mean gains is no income that pays for something else: it may be the smile's own error.
        decay=np.maximum(-gains.mean(axis=0), 0.0),
        held=listing.held,
        # What nobody bids for and is worth nothing stays until it expires: there is no order that sells it.
        low=np.where((listing.bid > 0.0) | (listing.unbid > 0.0), 0.0, listing.held),
        high=np.where(side.fits, most, 0.0),
        lot=listing.lot,
    )
    gammas, names = listing.gammas_usd, listing.contracts()
    columns = [
        Column(layer, listing.asset, contract.label, listing.spot, ((contract, 1.0),), float(gamma), None, float(cash))
        for layer, contract, gamma, cash in zip(side.layers, names, gammas, to_buy, strict=True)
    ]
    condors = [
        _condor(side, legs, held, numbers, most if more else np.zeros_like(most), gammas, names)
        for legs, held, more in side.condors
    ]
    columns += [column for column, _ in condors]
    return columns, joined([numbers, *(part for _, part in condors)])


def option_gains(side: Side, scenarios: Scenarios) -> FloatArray:
    """Return what one unit of each option gains from its mark, shape (s, n)."""
    return values_at(side.listing, side.smiles, scenarios) - side.listing.worth


def _condor(
    side: Side,
    legs: SoldLegs,
    held: float,
    numbers: Numbers,
    most: FloatArray,
    gammas: FloatArray,
    names: list[Contract],
) -> tuple[Column, Numbers]:
    """Return one condor: it ties up what it can lose, the wider wing less its credit."""
    listing, rows, signs = side.listing, np.array(legs.rows), legs.signs
    short, bought = np.array(legs.short), np.array(legs.long)
    gains = (numbers.gains[:, rows] @ signs)[:, None]
    enter = float(numbers.sell_cost[short].sum() + numbers.buy_cost[bought].sum())
    leave = float(numbers.buy_cost[short].sum() + numbers.sell_cost[bought].sum())
    credit = float(listing.to_sell[short].sum() - numbers.cash[bought].sum())
    width = float(np.max(np.abs(listing.strike[short] - listing.strike[bought])))
    contracts = tuple((names[row], sign) for row, sign in zip(legs.rows, signs.tolist(), strict=True))
    strikes = "/".join(f"{strike:g}" for strike in sorted(listing.strike[rows].tolist()))
    label = f"{listing.asset}-{names[rows[0]].label.split('-')[1]} {'condor' if len(rows) == 4 else 'spread'} {strikes}"
    traded = float(np.abs(listing.to_sell[short]).sum() + numbers.cash[bought].sum())
    column = Column("condor", listing.asset, label, listing.spot, contracts, float(gammas[rows] @ signs), None, traded)
    lot = float(listing.lot[rows].max())
    room = float(most[rows].min()) if credit > 0.0 else 0.0
    stays = not (listing.ask[short] > 0.0).all()  # nobody sells it back
    ends = held if stays else 0.0, lots_down(room, lot)
    return column, _one(gains, enter, leave, max(width - credit, 0.0), held, ends, lot, INCOME)


def _one(
    gains: FloatArray, buy: float, sell: float, cash: float, held: float, ends: tuple[float, float], lot: float,
    income: float = 0.0,
) -> Numbers:  # fmt: skip
    """Return the numbers of one column; gains : shape (s, 1). Its decay is what the mean of the gains loses."""
    decay = np.maximum(-gains.mean(axis=0), -income * gains.mean(axis=0))
    low, high = (np.array([end]) for end in ends)
    return Numbers(
        gains, np.array([buy]), np.array([sell]), np.array([cash]), decay, np.array([held]), low, high, np.array([lot])
    )


def index_columns(
    asset: str, listing: IndexListing, parameters: Parameters, value_usd: float, spot: float, scenarios: Scenarios
) -> tuple[list[Column], Numbers]:
    """Return the futures and calls on an asset's volatility index that layer 2 may buy; none where beta is 0."""
    least, most = float(parameters.volatility_least_days), float(parameters.volatility_most_days)
    legs: list[Leg] = []
    if listing.beta > 0.0:
        with suppress(NotListed):
            legs.append(listing.future(asset, INDEX_DAYS, least, most))
        with suppress(NotListed):
            legs += [leg for _, leg in listing.calls(asset, INDEX_DAYS, least, most)]
    columns = [Column("volatility", asset, leg.label, spot, (), 0.0, leg, leg.price + leg.fee) for leg in legs]
    return columns, joined([_index(leg, value_usd, scenarios) for leg in legs], len(scenarios.spots[asset]))


def _index(leg: Leg, value_usd: float, scenarios: Scenarios) -> Numbers:
    price, half = leg.price + leg.fee, leg.exit
    gains = index_gains(leg, scenarios)[:, None]
    room = lots_down(LEG_SHARE * value_usd / leg.forward, leg.lot)
    return _one(gains, half, half, price, 0.0, (0.0, room), leg.lot)


def index_gains(leg: Leg, scenarios: Scenarios) -> FloatArray:
    """Return what one unit of an index leg gains from the middle of its quotes, shape (s,)."""
    spots, moves = scenarios.spots[leg.underlying], scenarios.vol_moves[leg.underlying]
    return np.asarray(leg.value(spots, scenarios.elapsed, moves) - (leg.price - leg.exit + leg.fee))


def perpetual_column(
    asset: str, spot: float, delta: float, share: float, held: float, lot: float, cost: float, at: int,
    scenarios: Scenarios,
) -> tuple[Column, Numbers]:  # fmt: skip
    """Return a perpetual that may offset a share of a delta; `cost` : share of the notional lost at each trade."""
    room = math.copysign(lots_down(share * abs(delta), lot), -delta)
    gains = (scenarios.spots[asset] - spot)[:, None]
    ends = min(room, 0.0), max(room, 0.0)
    leg = PerpetualLeg.of(asset, 1.0, spot, at, lot, cost * spot)
    column = Column("delta", asset, leg.label, spot, (), 0.0, leg)
    return column, _one(gains, cost * spot, cost * spot, 0.0, held, ends, lot)._replace(decay=np.zeros(1))


def joined(parts: Iterable[Numbers], count: int = 0) -> Numbers:
    """Return the columns of several parts side by side; `count` : scenarios, where there may be no part."""
    listed = list(parts) or [Numbers(np.zeros((count, 0)), *(np.zeros(0) for _ in range(8)))]
    return Numbers(*(np.concatenate(column, axis=-1) for column in zip(*listed, strict=True)))
