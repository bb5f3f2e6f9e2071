"""Every error of the core is a HedgeError, says its numbers and keeps them."""

import inspect

import pytest

from hedge import errors

pytestmark = pytest.mark.unit

CASES = [
    (errors.BadInput("vol", -0.2, "must be >= 0"), {"name": "vol", "value": -0.2}, "vol = -0.2: must be >= 0"),
    (errors.NoImpliedVol(7.0, 0.5, 6.0), {"price": 7.0, "lower": 0.5, "upper": 6.0}, "[0.5, 6.0)"),
    (errors.PoolRevert("lower < upper", lower=3, upper=2), {"values": {"lower": 3, "upper": 2}}, "lower=3, upper=2"),
    (errors.TooFewExpiries(1, 30.0, 2.0, 9.0), {"usable": 1, "target_days": 30.0}, "from 2 to 9 days"),
    (errors.TooFewQuotes("puts", 0, 1), {"what": "puts", "found": 0, "needed": 1}, "0 puts, at least 1 needed"),
    (errors.NegativeVariance(-0.1, 101.0, 100.0), {"variance": -0.1, "forward": 101.0, "k0": 100.0}, "-0.1"),
]


@pytest.mark.parametrize(("error", "numbers", "text"), CASES)
def test_error__raised__carries_numbers_and_says_them(
    error: errors.HedgeError, numbers: dict[str, object], text: str
) -> None:
    assert {name: getattr(error, name) for name in numbers} == numbers
    assert text in str(error)


def test_errors__every_class_of_the_module__descends_from_hedge_error() -> None:
    for _, error in inspect.getmembers(errors, inspect.isclass):
        assert issubclass(error, errors.HedgeError)


def test_errors__tree_in_the_docstring__names_every_class() -> None:
    for name, _ in inspect.getmembers(errors, inspect.isclass):
        assert name in (errors.__doc__ or "")
