"""Token amounts between two square-root prices, and the price that an amount leads to.

Rounding is always against the trader: amounts in go up, amounts out go down, and a price moves no further than paid
for. Source: Uniswap v3 white paper, sections 6.2.2 and 6.2.3; the order of operations and their overflows are those of
the contract's SqrtPriceMath.
"""

from hedge.amm.ticks.evm_integers import Q96, div_up, fits, mul_div_down, mul_div_up, uint
from hedge.errors import PoolRevert


def amount0_delta(sqrt_a_x96: int, sqrt_b_x96: int, liquidity: int, *, round_up: bool) -> int:
    """Return the token0 between two prices, L (1/sqrt(a) - 1/sqrt(b)), in raw units.

    Parameters
    ----------
    sqrt_a_x96, sqrt_b_x96 : uint160, in either order, the lower one > 0.
    liquidity : uint128.
    round_up : True for what a trader or minter pays, False for what the pool pays.

    Raises
    ------
    PoolRevert : the lower price is 0, or the amount needs more than 256 bits.
    """
    uint(160, sqrt_a_x96=sqrt_a_x96, sqrt_b_x96=sqrt_b_x96)
    uint(128, liquidity=liquidity)
    low, high = sorted((sqrt_a_x96, sqrt_b_x96))
    if low == 0:
        raise PoolRevert("sqrtRatioAX96 > 0", sqrt_a_x96=sqrt_a_x96, sqrt_b_x96=sqrt_b_x96)
    if round_up:
        return div_up(mul_div_up(liquidity << 96, high - low, high), low)
    return mul_div_down(liquidity << 96, high - low, high) // low


def amount1_delta(sqrt_a_x96: int, sqrt_b_x96: int, liquidity: int, *, round_up: bool) -> int:
    """Return the token1 between two prices, L (sqrt(b) - sqrt(a)), in raw units.

    Parameters and errors as in `amount0_delta`; a price of 0 is allowed.
    """
    uint(160, sqrt_a_x96=sqrt_a_x96, sqrt_b_x96=sqrt_b_x96)
    uint(128, liquidity=liquidity)
    mul_div = mul_div_up if round_up else mul_div_down
    return mul_div(liquidity, abs(sqrt_b_x96 - sqrt_a_x96), Q96)


def next_sqrt_price_from_input(sqrt_price_x96: int, liquidity: int, amount_in: int, *, zero_for_one: bool) -> int:
    """Return the price after an exact amount came in.

    Parameters
    ----------
    sqrt_price_x96 : uint160 > 0, before. liquidity : uint128 > 0. amount_in : uint256, fee already taken.
    zero_for_one : True if token0 comes in, so that the price falls.

    Raises
    ------
    PoolRevert : price or liquidity 0, or a price above 160 bits.
    """
    _require_pool(sqrt_price_x96, liquidity)
    uint(256, amount_in=amount_in)
    if zero_for_one:
        return _next_from_amount0_up(sqrt_price_x96, liquidity, amount_in, add=True)
    return _next_from_amount1_down(sqrt_price_x96, liquidity, amount_in, add=True)


def next_sqrt_price_from_output(sqrt_price_x96: int, liquidity: int, amount_out: int, *, zero_for_one: bool) -> int:
    """Return the price after an exact amount went out.

    Parameters as in `next_sqrt_price_from_input`; zero_for_one is True if token1 goes out, so that the price falls.

    Raises
    ------
    PoolRevert : price or liquidity 0, or more asked than the pool's virtual reserve holds.
    """
    _require_pool(sqrt_price_x96, liquidity)
    uint(256, amount_out=amount_out)
    if zero_for_one:
        return _next_from_amount1_down(sqrt_price_x96, liquidity, amount_out, add=False)
    return _next_from_amount0_up(sqrt_price_x96, liquidity, amount_out, add=False)


def _require_pool(sqrt_price_x96: int, liquidity: int) -> None:
    uint(160, sqrt_price_x96=sqrt_price_x96)
    uint(128, liquidity=liquidity)
    if sqrt_price_x96 == 0 or liquidity == 0:
        raise PoolRevert("sqrtPX96 > 0 and liquidity > 0", sqrt_price_x96=sqrt_price_x96, liquidity=liquidity)


def _next_from_amount0_up(sqrt_price_x96: int, liquidity: int, amount: int, *, add: bool) -> int:
    """Return L sqrt(P) / (L +- amount sqrt(P)), rounded up."""
    if amount == 0:
        return sqrt_price_x96
    virtual, product = liquidity << 96, amount * sqrt_price_x96
    if not add:
        if product >= 1 << 256 or virtual <= product:
            raise PoolRevert("amount0 out < virtual reserve", amount=amount, liquidity=liquidity)
        return fits(160, "sqrtPriceX96", mul_div_up(virtual, sqrt_price_x96, virtual - product))
    if virtual + product < 1 << 256:
        return mul_div_up(virtual, sqrt_price_x96, virtual + product)
    # Too wide for the precise form: the contract rounds L / sqrt(P) down first.
    return div_up(virtual, fits(256, "L / sqrt(P) + amount0", virtual // sqrt_price_x96 + amount))


def _next_from_amount1_down(sqrt_price_x96: int, liquidity: int, amount: int, *, add: bool) -> int:
    """Return sqrt(P) +- amount / L, rounded down."""
    if add:
        return fits(160, "sqrtPriceX96", sqrt_price_x96 + mul_div_down(amount, Q96, liquidity))
    quotient = mul_div_up(amount, Q96, liquidity)
    if sqrt_price_x96 <= quotient:
        raise PoolRevert("amount1 out < virtual reserve", amount=amount, liquidity=liquidity)
    return sqrt_price_x96 - quotient
