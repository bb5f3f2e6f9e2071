"""What each position of a book is worth and exposed to, and the totals per asset."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

import numpy as np

from hedge.book.positions import Book, ConcentratedPosition, Position, by_pair, concentrated_greeks, concentrated_terms
from hedge.market import Market
from hedge.units import json_number, sorted_dict

MOVE: Final = 0.01
"""Move of a price over which deltas are compared."""


@dataclass(frozen=True)
class PositionExposure:
    """Hold what one position is worth and exposed to.

    Parameters
    ----------
    price : quote per base. in_range : lower <= price < upper.
    deltas : units per asset, USD included; sum of delta x price is `value_usd`.
    gammas : USD per squared unit of price, keyed by ordered pair of volatile assets; local, at the price of now.
    delta_moves : by volatile asset, how much its delta changes in USD when its price falls and rises by 1 %: of a range
        narrower than that the local gamma says nothing of it.
    il_usd : value minus holding the entry amounts (<= 0 if entry was at the pool's price); NaN if unknown.
    lvr_usd_per_year : loss versus rebalancing at the implied volatility of the pair, >= 0.
    fees_usd : fees owed. fee_usd_per_year : expected fees, 0 out of range, NaN if unknown.
    break_even_vol : volatility at which fees pay LVR; NaN out of range or if fees are unknown.
    implied_vol : of the pair's price.
    """

    id: str
    pool: str
    price: float
    in_range: bool
    value_usd: float
    deltas: Mapping[str, float]
    gammas: Mapping[tuple[str, str], float]
    il_usd: float
    lvr_usd_per_year: float
    fees_usd: float
    fee_usd_per_year: float
    break_even_vol: float
    implied_vol: float
    range_share: float = 1.0
    delta_moves: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN is None."""
        plain = {f.name: json_number(getattr(self, f.name)) for f in fields(self)}
        moves = {asset: list(self.delta_moves[asset]) for asset in sorted(self.delta_moves)}
        return {**plain, "deltas": sorted_dict(self.deltas), "gammas": _pairs(self.gammas), "delta_moves": moves}


@dataclass(frozen=True)
class AssetExposure:
    """Hold the book's totals for one volatile asset, the other prices fixed.

    Parameters
    ----------
    value_usd : value of the positions in this asset; one in two volatile assets counts half in each.
    delta : units. delta_usd : delta x spot.
    gamma : units per USD. gamma_usd : change of delta_usd's hedge for a 1 % move, gamma x spot^2 / 100: local.
    delta_fall_usd, delta_rise_usd : change of delta x spot when the price really falls and rises by 1 %.
    tail_price : mean of the worst 5 % prices at 30 days. tail_loss_usd : the book's loss there.
    """

    asset: str
    spot: float
    value_usd: float
    delta: float
    delta_usd: float
    gamma: float
    gamma_usd: float
    delta_fall_usd: float
    delta_rise_usd: float
    tail_price: float
    tail_loss_usd: float


@dataclass(frozen=True)
class BookExposure:
    """Hold the exposures of all positions and their totals per asset (sorted by symbol) and in USD."""

    positions: tuple[PositionExposure, ...]
    assets: Mapping[str, AssetExposure]
    gammas: Mapping[tuple[str, str], float]
    value_usd: float
    il_usd: float
    fees_usd: float
    fee_usd_per_year: float
    lvr_usd_per_year: float

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN is None."""
        scalars = ("value_usd", "il_usd", "fees_usd", "fee_usd_per_year", "lvr_usd_per_year")
        return {
            **{name: json_number(getattr(self, name)) for name in scalars},
            "positions": [position.to_dict() for position in self.positions],
            "assets": {asset: _known(asdict(total)) for asset, total in self.assets.items()},
            "gammas": _pairs(self.gammas),
        }


def _known(row: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers of an asset without those that were not asked for."""
    return {name: value for name, value in row.items() if not (isinstance(value, float) and math.isnan(value))}


def position_exposure(position: Position, market: Market, moves: bool = True) -> PositionExposure:
    """Return the exposure of one position at the market's spots and volatilities; `moves` : `delta_moves` too.

    Raises
    ------
    UnknownAsset, MissingCorrelation : the market does not price the pair.
    """
    if type(position) is ConcentratedPosition:
        return _pair_exposures((position,), market, moves)[0]
    terms, spots = position.pool_terms(market), market.spots
    return PositionExposure(
        id=position.id,
        pool=position.pool,
        value_usd=float(position.value_usd(spots)),
        deltas=position.deltas(spots),
        gammas=position.gammas(spots),
        delta_moves={asset: _delta_moves(position, asset, spots) for asset in position.volatile} if moves else {},
        **terms._asdict(),
    )


def _pair_exposures(positions: Sequence[ConcentratedPosition], market: Market, moves: bool) -> list[PositionExposure]:
    """Return the exposures of positions of one pair, whose formulas broadcast."""
    spots, first = market.spots, positions[0]
    terms = concentrated_terms(positions, market)  # first: it names an asset that the market does not price
    greeks = concentrated_greeks(positions, spots)
    moved = {
        asset: [concentrated_greeks(positions, each) for each in _moved(asset, spots)]
        for asset in (first.volatile if moves else ())
    }
    return [
        PositionExposure(
            id=position.id,
            pool=position.pool,
            value_usd=float(now.value),
            deltas=(deltas := position.deltas_of(now)),
            gammas=position.gammas_of(now),
            delta_moves={
                asset: _changes(asset, spots, deltas, [position.deltas_of(each[n]) for each in then])
                for asset, then in moved.items()
            },
            **said._asdict(),
        )
        for n, (position, now, said) in enumerate(zip(positions, greeks, terms, strict=True))
    ]


def _delta_moves(position: Position, asset: str, spots: Mapping[str, float]) -> tuple[float, float]:
    """Return how a position's delta in an asset changes when that falls and rises by 1 %, USD at the price of now."""
    then = [position.deltas(each) for each in _moved(asset, spots)]
    return _changes(asset, spots, position.deltas(spots), then)


def _moved(asset: str, spots: Mapping[str, float]) -> list[dict[str, float]]:
    """Return the spots with one asset 1 % lower and 1 % higher."""
    return [{**spots, asset: spots[asset] * factor} for factor in (1 - MOVE, 1 + MOVE)]


def _changes(
    asset: str, spots: Mapping[str, float], now: Mapping[str, float], then: Sequence[Mapping[str, float]]
) -> tuple[float, float]:
    """Return the change of a delta in an asset from now to lower and to higher prices, USD at the price of now."""
    down, up = ((deltas[asset] - now[asset]) * spots[asset] for deltas in then)
    return down, up


def _exposures(positions: Sequence[Position], market: Market, moves: bool) -> tuple[PositionExposure, ...]:
    """Return each position's exposure, in their order; those of one pair at once."""
    pairs, others = by_pair(positions)
    found = {position.id: position_exposure(position, market, moves) for position in others}
    for group in pairs.values():
        found |= {each.id: each for each in _pair_exposures(group, market, moves)}
    return tuple(found[position.id] for position in positions)


def book_exposure(book: Book, market: Market, moves: bool = True) -> BookExposure:
    """Return the exposure of every position and the totals per asset and in USD.

    Parameters
    ----------
    book : positions; none gives zeros.
    market : must price every asset of the book.
    moves : how deltas change for 1 % too; a plan does not need them, they are NaN then.

    Raises
    ------
    UnknownAsset, MissingCorrelation : the market does not price an asset or a pair.
    """
    positions = _exposures(book.positions, market, moves)
    gammas: dict[tuple[str, str], float] = {}
    for position in positions:
        for pair, gamma in position.gammas.items():
            gammas[pair] = gammas.get(pair, 0.0) + gamma
    assets = {asset: _asset_exposure(asset, book, positions, gammas, market) for asset in book.assets}
    sums = ("value_usd", "il_usd", "fees_usd", "fee_usd_per_year", "lvr_usd_per_year")
    totals = {name: math.fsum(getattr(position, name) for position in positions) for name in sums}
    return BookExposure(positions=positions, assets=assets, gammas=gammas, **totals)


def _asset_exposure(
    asset: str,
    book: Book,
    positions: tuple[PositionExposure, ...],
    gammas: Mapping[tuple[str, str], float],
    market: Market,
) -> AssetExposure:
    """Return one asset's totals, the other prices fixed."""
    spot, gamma, tail = market.spot(asset), gammas.get((asset, asset), 0.0), market.tail_price(asset)
    delta = math.fsum(position.deltas.get(asset, 0.0) for position in positions)
    value = math.fsum(
        exposure.value_usd / len(position.volatile)
        for position, exposure in zip(book.positions, positions, strict=True)
        if asset in position.volatile
    )
    moves = [position.delta_moves[asset] for position in positions if asset in position.delta_moves]
    spots = {name: np.array([market.spot(name)] * 2) for name in book.assets}
    now, then = book.value_usd({**spots, asset: np.array([spot, tail])}) if math.isfinite(tail) else [math.nan] * 2
    return AssetExposure(
        asset=asset,
        spot=spot,
        value_usd=value,
        delta=delta,
        delta_usd=delta * spot,
        gamma=gamma,
        gamma_usd=gamma * spot * spot / 100.0,
        delta_fall_usd=math.fsum(fall for fall, _ in moves) if moves else math.nan,
        delta_rise_usd=math.fsum(rise for _, rise in moves) if moves else math.nan,
        tail_price=tail,
        tail_loss_usd=float(now - then),
    )


def _pairs(values: Mapping[tuple[str, str], float]) -> dict[str, float]:
    """Return values keyed by pairs as a dict keyed by ``one/other``, sorted."""
    return {"/".join(pair): values[pair] for pair in sorted(values)}
