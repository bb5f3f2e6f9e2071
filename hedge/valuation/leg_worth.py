"""What each bought option costs over what it is expected to pay at the volatility to expect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from hedge.instruments.layer import Layer
from hedge.instruments.leg import Leg
from hedge.options import black76_price
from hedge.units import json_number
from hedge.valuation.cash_flow import option_cost_to_payoff


@dataclass(frozen=True)
class LegWorth:
    """Hold one bought option: USD per unit of its price and of its expected pay-off, and one over the other.

    Parameters
    ----------
    ask : with the fee of the trade. expected : discounted, at `forecast_vol`; the forward is taken as the mean.
    ratio : above 1 it is dear, infinite where nothing is expected, NaN where the volatility is unknown.
    """

    underlying: str
    layer: str
    leg: str
    quantity: float
    ask: float
    forecast_vol: float
    expected: float
    ratio: float

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN and infinity are None."""
        return {name: json_number(value) for name, value in asdict(self).items()}


def leg_worths(layers: Sequence[Layer], forecast: Mapping[str, float]) -> tuple[LegWorth, ...]:
    """Return what every bought option of the layers costs over what it should pay, in their order.

    Parameters
    ----------
    forecast : annual volatility to expect by asset, decimal, >= 0; an asset without one has NaN.
    """
    return tuple(
        _worth(layer, leg, forecast.get(leg.underlying, float("nan")))
        for layer in layers
        for leg in layer.legs
        if isinstance(leg, Leg) and leg.quantity > 0.0
    )


def _worth(layer: Layer, leg: Leg, vol: float) -> LegWorth:
    ask = leg.price + leg.fee
    terms = (leg.forward, leg.strike, leg.expiry, vol, leg.rate, leg.is_call)
    ratio = float(option_cost_to_payoff(ask, *terms))
    expected = float(black76_price(*terms))
    return LegWorth(leg.underlying, layer.name, leg.label, leg.quantity, ask, vol, expected, ratio)
