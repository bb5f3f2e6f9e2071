"""How each peer values liquidity positions; see `peers_options` for the form of an entry."""

import numpy as np

LOOPS = 2_000
ALL = 10**9
RAW = 10**18  # liquidity in raw units of pools whose tokens both have 18 decimals


def from_ticks(a):
    """Compute from ticks as numpy code usually does, with 1.0001 ** (tick / 2)."""
    price, liquidity, lower, upper = (a[n] for n in ("price", "liquidity", "lower", "upper"))

    def run():
        low, high, root = 1.0001 ** (lower / 2), 1.0001 ** (upper / 2), np.sqrt(price)
        held = np.clip(root, low, high)
        base = liquidity * (1 / held - 1 / high)
        inside = (root >= low) & (root < high)
        return base * price + liquidity * (held - low), base, np.where(inside, -liquidity / (2 * price * root), 0.0)

    return run, named


def grid(a):
    """Value every position at every price and add up, in blocks that fit memory."""
    prices, liquidity, low, high = (a[n] for n in ("prices", "book_liquidity", "book_lower", "book_upper"))

    def run():
        root, a_root, b_root, p = np.sqrt(prices)[:, None], np.sqrt(low), np.sqrt(high), prices[:, None]
        held = np.clip(root, a_root, b_root)
        base = liquidity * (1 / held - 1 / b_root)
        worth = base * p + liquidity * (held - a_root)
        bent = np.where((root >= a_root) & (root < b_root), -liquidity / (2 * p * root), 0.0)
        return worth.sum(axis=1), base.sum(axis=1), bent.sum(axis=1)

    return run, named


def demeter(a):
    from demeter.uniswap.liquitidy_math import get_amounts

    rows = integers(a)

    def run():
        return [get_amounts(root, low, high, liquidity, 18, 18) for root, low, high, liquidity in rows]

    return run, lambda found: amounts(a, found)


def degenbot(a):
    from degenbot.uniswap.v3_libraries import SqrtPriceMath, TickMath

    return by_libraries(a, SqrtPriceMath.getAmount0Delta, SqrtPriceMath.getAmount1Delta, TickMath.getSqrtRatioAtTick)


def uniswappy(a):
    from uniswappy.utils.tools.v3 import SqrtPriceMath, TickMath

    return by_libraries(a, SqrtPriceMath.getAmount0Delta, SqrtPriceMath.getAmount1Delta, TickMath.getSqrtRatioAtTick)


def by_libraries(a, amount0, amount1, root_at):
    """Value positions with a port of the contract's libraries, one by one, rounding down."""
    rows = integers(a)

    def position(root, low, high, liquidity):
        low, high = root_at(low), root_at(high)
        held = min(max(root, low), high)
        base = amount0(held, high, liquidity, False) if held < high else 0
        return base, amount1(low, held, liquidity, False) if held > low else 0

    return lambda: [position(*row) for row in rows], lambda found: amounts(a, found, RAW)


def integers(a):
    """Return square-root prices, ticks and liquidity as the contracts hold them."""
    roots = [int(root * 2.0**96) for root in np.sqrt(a["price"]).tolist()]
    liquidity = [int(held * RAW) for held in a["liquidity"].tolist()]
    return list(zip(roots, a["lower"].tolist(), a["upper"].tolist(), liquidity, strict=True))


def amounts(a, found, unit=1):
    base, quote = (np.array([float(pair[i]) for pair in found]) / unit for i in (0, 1))
    return {"value": base * a["price"] + quote, "delta": base}


def named(found):
    return dict(zip(("value", "delta", "gamma"), found, strict=True))


AMM = {
    "lp_1e6": {
        "numpy": (from_ticks, "numpy", ALL),
        "degenbot": (degenbot, "degenbot", LOOPS),
        "uniswappy": (uniswappy, "uniswappy", LOOPS),
        "demeter": (demeter, "zelos-demeter", LOOPS),
    },
    "book_curve_1e4x1e3": {"numpy_grid": (grid, "numpy", ALL)},
}
