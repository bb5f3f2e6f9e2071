"""Numbers and names as people read them: a true minus, thousands separators, a dash where unknown.

Pages and pictures show them as they are; a terminal and an alert show them `plain`, to be copied and searched.
"""

from __future__ import annotations

import math
import re
from typing import Final

from bridge.foreign import foreign

UNKNOWN: Final = "–"
MINUS: Final = "−"
NARROW: Final = "\u202f"
"""Narrow space that does not break, between a number and its unit."""

Number = float | int | None


def number(value: Number, places: int = 0, *, signed: bool = False) -> str:
    """Write a number with so many decimals.

    Parameters
    ----------
    value : None and NaN are written as a dash, infinity as its sign. signed : write the plus of what is above zero.

    Examples
    --------
    >>> number(-1234.5, 1), number(float("nan")), number(12, signed=True)
    ('−1,234.5', '–', '+12')
    """
    if value is None or math.isnan(value):
        return UNKNOWN
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{abs(value):,.{places}f}"
    if not any(digit in "123456789" for digit in text):
        return text
    return f"{MINUS if value < 0 else '+' if signed else ''}{text}"


def usd(value: Number, *, signed: bool = False) -> str:
    """Write whole dollars with their unit; the unit is left out where the amount is unknown."""
    return with_unit(number(value, signed=signed), "USD")


def price(value: Number) -> str:
    """Write a price: two decimals from 1 up, four significant digits below.

    >>> price(2310.0), price(0.0123456)
    ('2,310.00', '0.01235')
    """
    if value is None or not math.isfinite(value) or abs(value) >= 1.0 or value == 0.0:
        return number(value, 2)
    return number(value, 3 - math.floor(math.log10(abs(value))))


def significant(value: Number, digits: int) -> str:
    """Write a number with so many significant digits, trailing zeros left out; whole digits are always kept.

    >>> significant(81_250.0, 5), significant(35.17316, 5), significant(0.0, 5), significant(math.inf, 5)
    ('81,250', '35.173', '0', '∞')
    """
    if value is None or not math.isfinite(value) or value == 0.0:
        return number(value)
    return _trimmed(number(value, max(0, digits - 1 - math.floor(math.log10(abs(value))))))


def level(value: Number) -> str:
    """Write a market level, with five significant digits."""
    return significant(value, 5)


def quantity(value: Number, *, signed: bool = False) -> str:
    """Write units of an asset without trailing zeros, to 1e-8.

    >>> quantity(7.5200000000000005)
    '7.52'
    """
    return _trimmed(number(value, 8, signed=signed))


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(value: Number, places: int = 1, *, signed: bool = False) -> str:
    """Write a share as percent.

    >>> percent(-0.128).replace(NARROW, " ")
    '−12.8 %'
    """
    return with_unit(number(None if value is None else 100.0 * value, places, signed=signed), "%")


def with_unit(text: str, unit: str) -> str:
    """Append a unit, unless the number is unknown."""
    return text if text == UNKNOWN else f"{text}{NARROW}{unit}"


def plain(text: str) -> str:
    """Write a text of this module in the signs of a keyboard.

    >>> plain(percent(-0.128)), plain(usd(-1234.5)), plain(number(None))
    ('-12.8%', '-1,234 USD', '-')
    """
    return text.replace(f"{NARROW}%", "%").translate({ord(MINUS): "-", ord(UNKNOWN): "-", ord(NARROW): " "})


def duration(seconds: int) -> str:
    """Write a time span in its two largest units.

    >>> duration(183_900).replace(NARROW, " ")
    '2 d 3 h'
    """
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count or (unit == "s" and not parts):
            parts.append(f"{count}{NARROW}{unit}")
    return " ".join(parts[:2])


def sentence(text: str) -> str:
    """Return `text` as a sentence: first letter raised, one full stop at the end, minus and percent as elsewhere.

    >>> sentence("goes to -3%").replace(NARROW, " ")
    'Goes to −3 %.'
    """
    text = re.sub(r"(?<=\d)%", f"{NARROW}%", re.sub(r"(?<![\w.-])-(?=\d)", MINUS, text.strip()))
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?")) else ".") if text else ""


def said(text: str) -> str:
    """Return a reason as a sentence whose large numbers have separators; not for text with ids.

    >>> said("wanted 210000, not 0.00012")
    'Wanted 210,000, not 0.00012.'
    """
    return sentence(re.sub(r"(?<![\w.,-])\d{4,}(?![\w-])", lambda found: f"{int(found[0]):,}", text))


def printable(text: object) -> str:
    """Return a foreign name as one line without what could disguise what it says; see `bridge.foreign`."""
    return foreign(text, None)


def position_label(position_id: str) -> str:
    """Shorten an id: `v3:12` for an NFT, `v2` for a share, whose pair the pool's column names; others stay.

    >>> position_label("uniswap-v3:12"), position_label("uniswap-v2:0xB4e1"), position_label("1")
    ('v3:12', 'v2', '1')
    >>> position_label("uniswap-v3:0xB4e1[-60,120]")
    'v3[-60,120]'
    """
    if not position_id.startswith("uniswap-"):
        return position_id
    version, _, name = position_id.removeprefix("uniswap-").partition(":")
    pool, bracket, ends = name.partition("@")[0].partition("[")
    return f"{version}{bracket}{ends}" if pool.startswith("0x") else f"{version}:{name}"


def shortened(text: str, most: int) -> str:
    """Return at most `most` letters of a printable name in the alphabets that the pictures' font measures."""
    text = "".join(letter if ord(letter) < 0x2100 else "·" for letter in printable(text))
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def age(seconds: int) -> str:
    """Return an age as people say it; what is from after the time that it is held against is of no age."""
    seconds = max(seconds, 0)
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7_200 else f"{seconds / 3_600:.1f} h"
