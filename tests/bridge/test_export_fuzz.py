"""Exports of any words: fills, or a refusal that can be printed."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import BadFile
from bridge.ledger.exports import read_export
from bridge.ledger.exports.row import read_time
from tests.hedge.made_year import NOW_MS

pytestmark = pytest.mark.unit

HEAD = "time,id,instrument,side,quantity,price,fee,index"


@given(st.text(max_size=60))
def test_read_time__any_text__is_a_time_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(read_time(text), int)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=12), min_size=8, max_size=8))
def test_read_export__hostile_cells__fills_or_a_named_refusal(
    tmp_path_factory: pytest.TempPathFactory, cells: list[str]
) -> None:
    path = tmp_path_factory.mktemp("hostile") / "fills.csv"
    path.write_text(HEAD + "\n" + ",".join(f'"{cell.replace(chr(34), "")}"' for cell in cells), "utf-8", "replace")
    fills, refusal = [], ""
    try:
        fills = list(read_export(path, "main", now_ms=NOW_MS).fills)
    except BadFile as error:
        refusal = str(error)
    assert refusal.isprintable()
    assert {fill.book for fill in fills} <= {"main"}
    assert all(number.is_finite() for fill in fills for number in (fill.quantity, fill.price, fill.cash))
