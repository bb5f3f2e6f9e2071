"""The only crossing between exact integers of the chain and floats of the quant code.

Every function names its rounding. Integers come in raw token units (`_units`), as 1e8 volatility (`_e8`), as Q64.96
square-root prices (`_x96`) or as basis points (`_bps`).
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from bridge.errors import UntrustedNumber

YEAR_SECONDS = 365 * 24 * 3600
VOLATILITY_SCALE = 10**8


def amount_from_units(units: int, decimals: int) -> float:
    """Convert raw token units to whole tokens, correctly rounded to the nearest float."""
    return float(units / 10**decimals)


def units_from_amount(amount: float, decimals: int) -> int:
    """Convert whole tokens to raw units, rounded down; the float is read as the shortest decimal that names it."""
    if not math.isfinite(amount) or amount < 0:
        raise UntrustedNumber(f"an amount of {amount} tokens cannot be turned into units")
    with localcontext() as context:
        context.prec = 60
        return int(Decimal(repr(amount)).scaleb(decimals))


def price_from_sqrt_x96(sqrt_price_x96: int, decimals0: int, decimals1: int) -> float:
    """Convert a Q64.96 square-root price to token1 per token0 in whole tokens, nearest float."""
    return float(sqrt_price_x96**2 * 10**decimals0 / (2**192 * 10**decimals1))


def sqrt_x96_from_price(price: float, decimals0: int, decimals1: int) -> int:
    """Convert token1 per token0 in whole tokens to a Q64.96 square-root price, rounded down."""
    if not math.isfinite(price) or price <= 0:
        raise UntrustedNumber(f"a price of {price} has no square-root price")
    numerator, denominator = price.as_integer_ratio()
    return math.isqrt(numerator * 10**decimals1 * 2**192 // (denominator * 10**decimals0))


def liquidity_from_units(liquidity: int, decimals0: int, decimals1: int) -> float:
    """Convert a pool's integer liquidity to sqrt(token0 x token1) in whole tokens, nearest float."""
    return float(liquidity / 10.0 ** ((decimals0 + decimals1) / 2))


def volatility_from_e8(value: int) -> float:
    """Convert a feed's answer (1e8 = 100 % a year) to a decimal volatility."""
    return value / VOLATILITY_SCALE


def volatility_to_e8(volatility: float) -> int:
    """Convert a decimal volatility to a feed's integer, rounded half to even."""
    if not math.isfinite(volatility) or volatility <= 0:
        raise UntrustedNumber(f"a volatility of {volatility} cannot be reported")
    return int((Decimal(repr(volatility)) * VOLATILITY_SCALE).to_integral_value(rounding=ROUND_HALF_EVEN))


def utc(timestamp: int) -> str:
    """Show unix seconds as ISO 8601 in UTC; a time that no calendar has as the seconds."""
    try:
        return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return f"{timestamp} s"
