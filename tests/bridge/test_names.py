"""Names that look like another are told from it, and those that do not are left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import BadFile
from bridge.names import alike, check_columns, drawn, shown

pytestmark = pytest.mark.unit
SAME = (
    "ETH",
    "eth",
    " ETH",
    "ETH ",
    "E TH",
    "\u0415TH",
    "\u0395\u03a4\u0397",
    "ET\u041d",
    "\uff25TH",
    "ETH\u200b",
    "E\u0301TH",
)


@pytest.mark.parametrize("name", SAME[1:])
def test_alike__two_spellings_of_one_look__are_found(name: str) -> None:
    assert alike(["BTC", "ETH", name]) == ("ETH", name)
    assert shown(name).isascii()


def test_alike__one_name_many_times_or_other_names__are_none() -> None:
    assert alike(["ETH", "BTC", "ETH", "SOL", "AI", "AL", "EUR", "ETC"]) is None
    assert alike(["SOL", "S0L"]) == ("SOL", "S0L")


@given(st.text(max_size=20))
def test_drawn__any_text__is_drawn_once(name: str) -> None:
    assert drawn(f" {name}\u200b ") == drawn(name)


def test_check_columns__known_ones_and_others__pass_and_a_misspelled_one_is_refused() -> None:
    check_columns(Path("x.csv"), ["bid", "ask", "delta"], ["bid", "ask", "lot"])
    with pytest.raises(BadFile, match="the column 'LOT' looks like lot and is not it: write lot, or leave it out"):
        check_columns(Path("x.csv"), ["bid", "LOT"], ["bid", "lot"])
