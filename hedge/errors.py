"""Errors of the pure core, each with its numbers as attributes.

    HedgeError
    +-- BadInput               a number outside its domain
    +-- NoImpliedVol           an option price outside the no-arbitrage band
    +-- PoolRevert             an integer operation that the pool's contract reverts
    +-- TooFewExpiries         a chain that does not span the index's target
    +-- TooFewQuotes           an expiry without the quotes that the index needs

Nothing foreign leaks from `hedge`: what numpy or scipy raise on bad input is caught before it happens.
"""


class HedgeError(Exception):
    """Base of every error that `hedge` raises on purpose."""


class BadInput(HedgeError, ValueError):
    """A number outside its domain.

    Attributes: name (the argument), value (the first offending value), rule (what it must satisfy).
    """

    def __init__(self, name: str, value: object, rule: str) -> None:
        self.name, self.value, self.rule = name, value, rule
        super().__init__(f"{name} = {value}: {rule}")


class NoImpliedVol(HedgeError):
    """An option price that no volatility explains: it lies outside [lower, upper).

    Attributes: price, lower (discounted intrinsic value), upper (the price at infinite volatility).
    """

    def __init__(self, price: float, lower: float, upper: float) -> None:
        self.price, self.lower, self.upper = price, lower, upper
        super().__init__(f"no implied volatility for price {price}: the no-arbitrage band is [{lower}, {upper})")


class PoolRevert(HedgeError):
    """An integer operation that Uniswap v3's contract reverts.

    Attributes: rule (the requirement that fails, in the contract's terms), values (the arguments that break it).
    """

    def __init__(self, rule: str, **values: int) -> None:
        self.rule, self.values = rule, values
        numbers = ", ".join(f"{name}={value}" for name, value in values.items())
        super().__init__(f"reverts: {rule} ({numbers})")


class TooFewExpiries(HedgeError):
    """A chain whose usable expiries do not offer two terms around the index's target.

    Attributes: usable (number of usable expiries), target_days, shortest_days, longest_days (NaN if there are none).
    """

    def __init__(self, usable: int, target_days: float, shortest_days: float, longest_days: float) -> None:
        self.usable, self.target_days = usable, target_days
        self.shortest_days, self.longest_days = shortest_days, longest_days
        super().__init__(
            f"{usable} usable expiries from {shortest_days:g} to {longest_days:g} days: "
            f"two are needed around {target_days:g} days"
        )


class TooFewQuotes(HedgeError):
    """An expiry without enough two-sided quotes for its variance.

    Attributes: what (which quotes are short), found, needed.
    """

    def __init__(self, what: str, found: int, needed: int) -> None:
        self.what, self.found, self.needed = what, found, needed
        super().__init__(f"{found} {what}, at least {needed} needed")
