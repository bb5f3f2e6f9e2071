"""What commands print of numbers: JSON without NaN, words for what is not known, columns on their side."""

from __future__ import annotations

import json
import math

import pytest

from bridge.cli.cards import fitted
from bridge.cli.exposure_ideas import says
from bridge.cli.flags import print_json
from bridge.cli.show import console, number, table
from hedge.valuation.pool_bets import PoolCashFlow

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("fault", [math.nan, math.inf, -math.inf])
def test_print_json__number_that_json_has_not__is_a_fault_and_prints_nothing(
    capsys: pytest.CaptureFixture[str], fault: float
) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        print_json({"a": [1.0, {"b": fault}]})
    assert capsys.readouterr().out == ""
    print_json({"a": "x\x1b[2J", "n": 0.1})
    assert json.loads(capsys.readouterr().out)["n"] == 0.1


@pytest.mark.parametrize(
    ("years", "full", "own", "said"),
    [
        (math.nan, 9.0, 9.0, "fees unknown"),
        (5.0, 9.0, math.nan, "out of range"),
        (5.0, math.nan, math.nan, "no LVR"),
        (5.0, 9.0, 5.0, "pays for its LVR"),
        (5.1, 9.0, 5.0, "does not pay for its LVR"),
    ],
)
def test_says__of_a_pools_fees__what_the_numbers_allow(years: float, full: float, own: float, said: str) -> None:
    assert says(PoolCashFlow("ETH/USD", 1.0, 1.0, years, full, own)) == said


def test_table__columns__texts_left_and_numbers_right_and_nothing_is_markup(capsys: pytest.CaptureFixture[str]) -> None:
    made = table("t [b]", ("a", "b", "c"), [["[red]x", "y\nz", "1"], ["longer", "longer", "22"]], left=2)
    for sheet, sides in ((made, ["left", "left", "right"]), (table("", ("a", "b"), []), ["left", "right"])):
        laid = fitted(console(), sheet)
        assert laid is not None
        assert [column.justify for column in laid.columns] == sides
    console().print(made)
    out = capsys.readouterr().out
    assert "t [b]" in out
    assert "[red]x" in out
    assert "y z" in out or "y\\nz" in out or "y?z" in out


def test_console__text_of_many_lines_and_an_escape__keeps_its_lines_and_shows_no_escape(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console().print("one\ntwo\x1b[2J :smile: 12", markup=False)
    out = capsys.readouterr().out
    assert out.startswith("one\n  two")
    assert "\x1b" not in out
    assert ":smile: 12" in out
    console(stderr=True).print("three")
    assert capsys.readouterr() == ("", "three\n")


def test_number__digits__are_significant_and_what_is_not_known_is_a_dash() -> None:
    assert (number(1234.5678), number(0.00123456, 3), number(None)) == ("1,235", "0.00123", "-")
