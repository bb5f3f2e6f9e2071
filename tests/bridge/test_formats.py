"""Numbers as a terminal shows them: those of the report, in the signs of a keyboard."""

from __future__ import annotations

import math

import pytest

from bridge import formats
from bridge.cli import show

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("value", "dollars", "percents", "digits"),
    [
        (None, "-", "-", "-"),
        (math.nan, "-", "-", "-"),
        (-0.1284, "0", "-12.8%", "-0.1284"),
        (-1_234_567.8, "-1,234,568", "-123,456,780.0%", "-1,234,568"),
        (0.000123456, "0", "0.0%", "0.0001235"),
        (math.inf, "∞", "∞%", "∞"),
    ],
)
def test_show__every_kind_of_number__is_the_reports_in_plain_signs(
    value: float | None, dollars: str, percents: str, digits: str
) -> None:
    assert (show.usd(value), show.percent(value), show.number(value)) == (dollars, percents, digits)


@pytest.mark.parametrize(
    ("value", "digits", "written"),
    [(81_250.0, 5, "81,250"), (35.17316, 5, "35.173"), (1_234_567.0, 2, "1,234,567"), (0.0, 5, "0"), (2.50, 3, "2.5")],
)
def test_significant__whole_digits__are_always_kept(value: float, digits: int, written: str) -> None:
    assert formats.significant(value, digits) == written


@pytest.mark.parametrize(
    ("seconds", "said"), [(-20, "0 s"), (0, "0 s"), (119, "119 s"), (7_199, "119 min"), (7_200, "2.0 h")]
)
def test_age__of_any_seconds__is_never_negative(seconds: int, said: str) -> None:
    assert formats.age(seconds) == said


def test_plain__text_of_a_page__has_only_the_signs_of_a_keyboard() -> None:
    told = f"{formats.usd(-1234.5)}, {formats.percent(-0.128)}, {formats.duration(183_900)}, {formats.number(None)}"
    assert formats.plain(told) == "-1,234 USD, -12.8%, 2 d 3 h, -"
    assert formats.plain(told).isascii()
