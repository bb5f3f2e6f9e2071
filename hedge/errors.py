"""Errors of the pure core, each with its numbers as attributes.

    HedgeError
    +-- BadInput               a number outside its domain
    +-- NoImpliedVol           an option price outside the no-arbitrage band
    +-- NoConvergence          an iteration that did not reach its tolerance
    +-- PoolRevert             an integer operation that the pool's contract reverts
    +-- TooFewExpiries         a chain that does not span the index's target
    +-- TooFewQuotes           an expiry without the quotes that the index needs
    +-- NegativeVariance       quotes of one expiry that imply no positive variance
    +-- InvalidMarket          a spot, volatility or correlation outside its range
    +-- UnknownAsset           an asset that the market does not price
    +-- MissingCorrelation     a pair of volatile assets without a correlation
    +-- InvalidParameters      not one integer within its bounds per governed key
    +-- InvalidPosition        a liquidity position with a number outside its range
    +-- InvalidChain           quotes that are not an option chain
    |   +-- EmptyChain         no quote at all
    |   +-- MissingColumn      a column that every chain has
    |   +-- BadQuote           a strike, expiry, lot, forward, bid, ask or volatility outside its range
    |   +-- CrossedQuote       a bid above its ask
    |   +-- DuplicateQuote     one option quoted twice
    +-- ChainMismatch          a chain that was seen at another spot than the market
    +-- NotListed              no listed option fits what a layer needs
    +-- NoSurface              a chain without a quote that a volatility surface can be fitted to
    +-- GrowthAboveDiscount    a growth for ever that is not below the rate that discounts it
    +-- NotKnown               a history that has no value at a time
    +-- Untied                 an account whose entries do not add up to its equity
    +-- MarginMismatch         more margin returned than was posted
    +-- OpenMargin             margin still posted where a return needs it back
    +-- UnknownInstrument      a name that is no option, perpetual or future
    +-- BadReversal            an entry that takes back nothing, a reversal, or other numbers than it says
    +-- DuplicateEntry         two different entries of a ledger under one id
    +-- MissingPackage         a package that an extra of ours installs is not there

Nothing foreign leaks from `hedge`: what numpy or scipy raise on bad input is caught before it happens.
"""

import datetime
import re

_LONG = re.compile(r"(?<![\w.])-?[0-9]+\.[0-9]+(?:e[+-]?[0-9]+)?(?![\w.])")
_SECONDS = re.compile(
    r"((?:(?:\b|_)(?:at|since|until|before|after|expiry)|At)(?: of \S+)?(?: =|:| is)? )"
    r"([1-3][0-9]{9})(?:\.0)?(?![\w/-]|[.,][0-9])"
)
"""A number behind a word of time, as "at 1770000000" or "expiry of ETH = 1770000000": no other is one."""
_DIGITS = 12
"""Of a number in words; a float has up to 17, and the last ones say how it was computed."""


class HedgeError(Exception):
    """Base of every error that `hedge` raises on purpose. Its attributes are exact, its words are for people."""

    def __str__(self) -> str:
        """Return the message with long floats rounded, and with dates where a time is meant."""
        return _SECONDS.sub(lambda found: found[1] + dated(int(found[2])), rounded(super().__str__()))


def rounded(words: str) -> str:
    """Return a text with floats of more than twelve digits as people write them.

    >>> rounded("price = 99999.99999999999: must be below 0.30000000000000004 or 1.5")
    'price = 100000: must be below 0.3 or 1.5'
    """

    def short(found: re.Match[str]) -> str:
        digits = found[0].partition("e")[0].lstrip("-0.").replace(".", "")
        return f"{float(found[0]):.{_DIGITS - 2}g}" if len(digits) > _DIGITS else found[0]

    return _LONG.sub(short, words)


def dated(seconds: int) -> str:
    """Return Unix seconds as a time in UTC.

    >>> dated(1_770_000_000)
    '2026-02-02 02:40:00Z'
    """
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M:%SZ")


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


class NoConvergence(HedgeError):
    """An iteration that did not reach its tolerance.

    Attributes: name (what was computed), change (of the last step), tolerance.
    """

    def __init__(self, name: str, change: float, tolerance: float) -> None:
        self.name, self.change, self.tolerance = name, change, tolerance
        super().__init__(f"{name} does not converge: the last step changed it by {change:g}, not {tolerance:g}")


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


class NegativeVariance(HedgeError):
    """Quotes of one expiry that imply no positive variance.

    Attributes: variance, forward, k0 (the strike at or just below the forward).
    """

    def __init__(self, variance: float, forward: float, k0: float) -> None:
        self.variance, self.forward, self.k0 = variance, forward, k0
        super().__init__(f"variance {variance:g} from quotes around the forward {forward:g} and the strike {k0:g}")


class InvalidMarket(HedgeError, ValueError):
    """A spot, volatility or correlation outside its range. Attributes: what, value."""

    def __init__(self, what: str, value: float) -> None:
        self.what, self.value = what, value
        super().__init__(f"{what} is {value}")


class UnknownAsset(HedgeError):
    """An asset that the market does not price. Attributes: asset, what (spot or vol)."""

    def __init__(self, asset: str, what: str) -> None:
        self.asset, self.what = asset, what
        super().__init__(f"the market has no {what} for {asset}")


class MissingCorrelation(HedgeError):
    """A pair of volatile assets without a correlation. Attributes: first, second."""

    def __init__(self, first: str, second: str) -> None:
        self.first, self.second = first, second
        super().__init__(f"the market has no correlation of {first} and {second}")


class InvalidParameters(HedgeError, ValueError):
    """Not one integer within its bounds per governed key. Attributes: what, value, expected."""

    def __init__(self, what: str, value: float, expected: float | str) -> None:
        self.what, self.value, self.expected = what, value, expected
        super().__init__(f"{what} is {value}, expected {expected}")


class InvalidPosition(HedgeError, ValueError):
    """A liquidity position with a number outside its range. Attributes: position, what, value."""

    def __init__(self, position: str, what: str, value: float) -> None:
        self.position, self.what, self.value = position, what, value
        super().__init__(f"position {position}: {what} ({value})")


class InvalidChain(HedgeError, ValueError):
    """Quotes that are not an option chain. Attributes: underlying."""

    def __init__(self, underlying: str, message: str) -> None:
        self.underlying = underlying
        super().__init__(f"{underlying} chain: {message}")


class EmptyChain(InvalidChain):
    """A chain without any quote."""

    def __init__(self, underlying: str) -> None:
        super().__init__(underlying, "no quotes")


class MissingColumn(InvalidChain):
    """A column that every chain has. Attributes: column."""

    def __init__(self, underlying: str, column: str) -> None:
        self.column = column
        super().__init__(underlying, f"no column {column}")


class BadQuote(InvalidChain):
    """A number of a quote outside its range. Attributes: row (position in the frame), column, value."""

    def __init__(self, underlying: str, row: int, column: str, value: float) -> None:
        self.row, self.column, self.value = row, column, value
        super().__init__(underlying, f"row {row}: {column} is {value}")


class CrossedQuote(InvalidChain):
    """A bid above its ask. Attributes: row, strike, bid, ask."""

    def __init__(self, underlying: str, row: int, strike: float, bid: float, ask: float) -> None:
        self.row, self.strike, self.bid, self.ask = row, strike, bid, ask
        super().__init__(underlying, f"row {row}, strike {strike:g}: bid {bid} above ask {ask}")


class DuplicateQuote(InvalidChain):
    """One option quoted twice. Attributes: row (of the second), strike, expiry_at, is_call."""

    def __init__(self, underlying: str, row: int, strike: float, expiry_at: int, is_call: bool) -> None:
        self.row, self.strike, self.expiry_at, self.is_call = row, strike, expiry_at, is_call
        kind = "call" if is_call else "put"
        super().__init__(underlying, f"row {row}: the {kind} at {strike:g}, expiry {expiry_at}, is quoted twice")


class ChainMismatch(HedgeError):
    """A chain that was seen at another spot than the market. Attributes: underlying, chain_spot, market_spot, most."""

    def __init__(self, underlying: str, chain_spot: float, market_spot: float, most: float) -> None:
        self.underlying, self.chain_spot, self.market_spot, self.most = underlying, chain_spot, market_spot, most
        super().__init__(
            f"the {underlying} chain was seen at {chain_spot:g} USD, the market at {market_spot:g}: "
            f"they may differ by {most:.0%}"
        )


class NotListed(HedgeError):
    """No listed option fits what a layer needs. Attributes: what, wanted, nearest (NaN if there is none at all)."""

    def __init__(self, what: str, wanted: str, nearest: float) -> None:
        self.what, self.wanted, self.nearest = what, wanted, nearest
        found = "there is none" if nearest != nearest else f"the nearest is {nearest:g}"
        super().__init__(f"no listed {what} fits: wanted {wanted}, {found}")


class NoSurface(HedgeError):
    """A chain without a quote that a surface can be fitted to. Attributes: rows, dropped (rows by reason)."""

    def __init__(self, rows: int, dropped: dict[str, int]) -> None:
        self.rows, self.dropped = rows, dropped
        reasons = ", ".join(f"{count} {reason}" for reason, count in dropped.items() if count)
        super().__init__(f"no usable quote in {rows} rows" + (f": {reasons}" if reasons else ""))


class GrowthAboveDiscount(HedgeError, ValueError):
    """A growth for ever that is not below the rate that discounts it: no finite value. Attributes: growth, discount."""

    def __init__(self, growth: float, discount: float) -> None:
        self.growth, self.discount = growth, discount
        super().__init__(f"growth {growth:g} a year for ever is not below the discount rate {discount:g}: no value")


class MarginMismatch(HedgeError, ValueError):
    """More margin returned than was posted. Attributes: posted, returned (USD, so far), on (ISO date)."""

    def __init__(self, posted: float, returned: float, on: str) -> None:
        self.posted, self.returned, self.on = posted, returned, on
        super().__init__(f"by {on} margin of {returned:g} USD has come back, {posted:g} was posted")


class OpenMargin(HedgeError, ValueError):
    """Margin still posted where a return needs it back. Attributes: outstanding (USD)."""

    def __init__(self, outstanding: float) -> None:
        self.outstanding = outstanding
        super().__init__(f"margin of {outstanding:g} USD is still posted: value it as returned on the day of valuation")


class NotKnown(HedgeError):
    """A history that has no value at a time.

    Attributes: what (the history, in words), at (unix seconds).
    """

    def __init__(self, what: str, at: int) -> None:
        self.what, self.at = what, at
        day = datetime.datetime.fromtimestamp(at, datetime.UTC)
        super().__init__(f"{what}: nothing is known at {day:%Y-%m-%d %H:%M} UTC")


class Untied(HedgeError):
    """An account whose entries do not add up to its equity: a fault of the engine, never of the market.

    Attributes: at (unix seconds), gap (USD), tolerance (USD).
    """

    def __init__(self, at: int, gap: float, tolerance: float) -> None:
        self.at, self.gap, self.tolerance = at, gap, tolerance
        super().__init__(f"entries and equity differ by {gap:g} USD at {at}, more than {tolerance:g}: please report it")


class UnknownInstrument(HedgeError, ValueError):
    """A name that is no option, perpetual or future. Attributes: name."""

    def __init__(self, name: str) -> None:
        self.name = name
        shown = "".join(letter if letter.isprintable() else "." for letter in name[:40])
        like = "ETH-27MAR26-1800-P, XRP_USDC-27MAR26-0d625-C, ETH-27MAR26 or ETH-PERPETUAL"
        super().__init__(f"{shown!r} is no instrument: write {like}")


class BadReversal(HedgeError):
    """An entry that does not take back what it names. Attributes: entry, reverses, reason."""

    def __init__(self, entry: str, reverses: str, reason: str) -> None:
        self.entry, self.reverses, self.reason = entry, reverses, reason
        super().__init__(f"entry {entry} cannot take back {reverses}: {reason}")


class DuplicateEntry(HedgeError):
    """Two different entries of a ledger under one id. Attributes: book, venue, entry."""

    def __init__(self, book: str, venue: str, entry: str) -> None:
        self.book, self.venue, self.entry = book, venue, entry
        super().__init__(
            f"entry {entry} of {venue} stands in book {book} twice with other numbers: reverse the wrong one"
        )


class MissingPackage(HedgeError):
    """A package that an extra of ours installs is not there.

    Attributes: package, extra.
    """

    def __init__(self, package: str, extra: str) -> None:
        self.package, self.extra = package, extra
        super().__init__(f"this needs {package}: pip install 'alvh[{extra}]'")
