"""Price over cash flow: a pool's capital over its annual fees, a volatility product's cost over what it should pay.

All arguments broadcast. NaN in any gives NaN in that element; out of domain raises `BadInput`. Scalars in,
numpy.float64 out; arrays in, arrays out. A ratio whose denominator is 0 is infinite (nothing ever comes back), 0 over 0
is NaN.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hedge.numerics.arrays import FloatArray, nonnegative, positive
from hedge.options import black76_price
from hedge.units import YEAR_DAYS


def price_to_cash_flow(tvl: ArrayLike, fees: ArrayLike, days: ArrayLike = YEAR_DAYS) -> FloatArray:
    """Return a pool's capital over its annualised fees: the years of fees that pay its price.

    Parameters
    ----------
    tvl : USD in the pool, >= 0: the mean over the same days, for capital comes and goes.
    fees : USD earned over `days`, >= 0. Gross: losses to arbitrageurs are not in it (see `markouts`).
    days : > 0.

    Returns
    -------
    Years. 1 / it is the gross fee APR. Loss-versus-rebalancing takes at least sigma^2 / 8 a year of liquidity that
    is in range, so above 8 / sigma^2 years a pool cannot pay; below, a narrow one still may not (`amm.break_even_vol`).

    >>> float(price_to_cash_flow(10_000_000.0, 164_383.5616, 30.0).round(6))
    5.0
    """
    return _ratio(nonnegative("tvl", tvl), nonnegative("fees", fees) / positive("days", days) * YEAR_DAYS)


def cost_to_payoff(cost: ArrayLike, expected_payoff: ArrayLike) -> FloatArray:
    """Return what a product costs over what it is expected to pay, both at the same date; above 1 it is dear.

    Parameters
    ----------
    cost : paid, >= 0. expected_payoff : >= 0.
    """
    return _ratio(nonnegative("cost", cost), nonnegative("expected_payoff", expected_payoff))


def option_cost_to_payoff(
    ask: ArrayLike,
    forward: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    forecast_vol: ArrayLike,
    rate: ArrayLike = 0.0,
    is_call: ArrayLike = True,
) -> FloatArray:
    """Return an option's ask over its discounted expected pay-off at a forecast volatility.

    Parameters
    ----------
    ask : executable price, same currency as strike and forward, >= 0.
    forward, strike : > 0. expiry : years, >= 0. rate : per year, continuous.
    forecast_vol : annual, >= 0: what the buyer expects to be realised. The forward is taken as the mean, so the ratio
        judges volatility alone, not direction.

    Returns
    -------
    The ratio; 1 where the ask's own implied volatility is forecast, infinite where nothing is expected.

    >>> float(option_cost_to_payoff(90.0, 2_000.0, 2_000.0, 30 / 365, 0.3).round(4))
    1.3119
    """
    expected = black76_price(forward, strike, expiry, forecast_vol, rate, is_call)
    return cost_to_payoff(ask, np.maximum(expected, 0.0))


def variance_cost_to_payoff(strike_vol: ArrayLike, forecast_vol: ArrayLike) -> FloatArray:
    """Return a variance swap's strike over its expected pay-off, (strike_vol / forecast_vol)^2.

    Parameters
    ----------
    strike_vol, forecast_vol : annual, decimal, >= 0: what is paid (the volatility index) and what is expected.

    >>> float(variance_cost_to_payoff(0.6, 0.5).round(6))
    1.44
    """
    return _ratio(nonnegative("strike_vol", strike_vol) ** 2, nonnegative("forecast_vol", forecast_vol) ** 2)


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(above / below)[()]
