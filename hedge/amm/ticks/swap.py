"""One step of a swap: as far as the amount, or the next initialised tick, allows."""

from typing import NamedTuple

from hedge.amm.ticks.amounts import (
    amount0_delta,
    amount1_delta,
    next_sqrt_price_from_input,
    next_sqrt_price_from_output,
)
from hedge.amm.ticks.evm_integers import int_, mul_div_down, mul_div_up
from hedge.errors import BadInput

_PIPS = 1_000_000


class SwapStep(NamedTuple):
    """Result of one step: the price reached and raw amounts; amount_in excludes fee_amount."""

    sqrt_next_x96: int
    amount_in: int
    amount_out: int
    fee_amount: int


def swap_step(
    sqrt_current_x96: int, sqrt_target_x96: int, liquidity: int, amount_remaining: int, fee_pips: int
) -> SwapStep:
    """Swap towards a target price without passing it.

    Parameters
    ----------
    sqrt_current_x96, sqrt_target_x96 : uint160; a target at or below the current price sells token0.
    liquidity : uint128.
    amount_remaining : int256; >= 0 is exact input (fee included), < 0 exact output.
    fee_pips : fee in hundredths of a basis point, 0 <= fee < 1e6.

    Raises
    ------
    PoolRevert : as in `hedge.amm.ticks.amounts`.

    >>> swap_step(2**96, 2**97, 10**18, 10**15, 3000).fee_amount
    3000000000000
    """
    if not 0 <= fee_pips < _PIPS:
        raise BadInput("fee_pips", fee_pips, "must be in [0, 1000000)")
    int_(256, amount_remaining=amount_remaining)
    if amount_remaining >= 0:
        return _exact_input(sqrt_current_x96, sqrt_target_x96, liquidity, amount_remaining, fee_pips)
    return _exact_output(sqrt_current_x96, sqrt_target_x96, liquidity, -amount_remaining, fee_pips)


def _exact_input(current: int, target: int, liquidity: int, remaining: int, fee_pips: int) -> SwapStep:
    after_fee = mul_div_down(remaining, _PIPS - fee_pips, _PIPS)
    needed = _amount_in(current, target, liquidity)
    if after_fee >= needed:
        return SwapStep(target, needed, _amount_out(current, target, liquidity), _fee_on(needed, fee_pips))
    reached = next_sqrt_price_from_input(current, liquidity, after_fee, zero_for_one=current >= target)
    paid, received = _amounts_towards(current, reached, target, liquidity)
    # All of the input is used: what the price did not take is the fee, unless rounding reached the target after all.
    fee = remaining - paid if reached != target else _fee_on(paid, fee_pips)
    return SwapStep(reached, paid, received, fee)


def _exact_output(current: int, target: int, liquidity: int, wanted: int, fee_pips: int) -> SwapStep:
    available = _amount_out(current, target, liquidity)
    if wanted >= available:
        paid = _amount_in(current, target, liquidity)
        return SwapStep(target, paid, available, _fee_on(paid, fee_pips))
    reached = next_sqrt_price_from_output(current, liquidity, wanted, zero_for_one=current >= target)
    paid, received = _amounts_towards(current, reached, target, liquidity)
    return SwapStep(reached, paid, min(received, wanted), _fee_on(paid, fee_pips))


def _amounts_towards(current: int, reached: int, target: int, liquidity: int) -> tuple[int, int]:
    """Return amounts in and out; the direction is the target's, for the price may not have moved."""
    if current >= target:
        paid = amount0_delta(reached, current, liquidity, round_up=True)
        return paid, amount1_delta(reached, current, liquidity, round_up=False)
    paid = amount1_delta(current, reached, liquidity, round_up=True)
    return paid, amount0_delta(current, reached, liquidity, round_up=False)


def _amount_in(current: int, target: int, liquidity: int) -> int:
    delta = amount0_delta if current >= target else amount1_delta
    return delta(current, target, liquidity, round_up=True)


def _amount_out(current: int, target: int, liquidity: int) -> int:
    delta = amount1_delta if current >= target else amount0_delta
    return delta(current, target, liquidity, round_up=False)


def _fee_on(amount_in: int, fee_pips: int) -> int:
    return mul_div_up(amount_in, fee_pips, _PIPS - fee_pips)
