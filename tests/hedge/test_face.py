"""What people see of the library: signatures that fit a line, docstrings that say all, plans in notebooks."""

from __future__ import annotations

import doctest
import inspect
import math
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from sample_books import CALM, CHAINS, MARKET, mixed_book

from hedge.book.positions import Book, ConcentratedPosition
from hedge.errors import BadInput, InvalidPosition, UnknownAsset
from hedge.plan.build import Plan, build_plan
from hedge.plan.notebook import COLUMNS, trade_frame
from hedge.policy.parameters import Parameters

pytestmark = pytest.mark.unit
ROOT = Path(__file__).resolve().parents[2]
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted((ROOT / "hedge").rglob("*.py"))
    if path.name != "__init__.py" and "kernel" not in path.name
]
LONGEST = 900
"""Letters of a signature: `build_plan` has sixteen arguments."""


def functions(module: ModuleType) -> dict[str, object]:
    """Return the public functions that a module defines."""
    return {
        name: each
        for name, each in vars(module).items()
        if inspect.isfunction(each) and not name.startswith("_") and each.__module__ == module.__name__
    }


@pytest.mark.parametrize("name", MODULES)
def test_help__of_every_public_function__has_short_types_and_no_pointer_elsewhere(name: str) -> None:
    for each, function in functions(import_module(name)).items():
        signature = str(inspect.signature(function))  # type: ignore[arg-type]
        assert "numpy._typing" not in signature, each
        assert "nested_sequence" not in signature, each
        assert len(signature) < LONGEST, each
        assert "see the module" not in (inspect.getdoc(function) or "").lower(), each


@pytest.mark.parametrize("name", ["hedge.plan.build", "hedge.book.positions", "hedge.errors", "hedge.amm.positions"])
def test_examples__of_the_first_things_people_try__run_as_they_stand(name: str) -> None:
    found = doctest.testmod(import_module(name))
    assert found.attempted > 0
    assert found.failed == 0


def planned() -> Plan:
    return build_plan(mixed_book(), MARKET, CHAINS, Parameters(), scenario_count=256, signals=CALM)


PLAN = planned()


def test_to_frame__of_a_plan__has_a_row_for_each_trade_with_its_numbers() -> None:
    frame = PLAN.to_frame()
    assert tuple(frame.columns) == COLUMNS
    assert frame["instrument"].tolist() == [trade.instrument for trade in PLAN.trades]
    assert frame["cash_usd"].sum() == pytest.approx(sum(trade.cash_usd for trade in PLAN.trades), rel=1e-12)
    assert set(frame["action"]) <= {"buy", "sell", "roll", "close"}


def test_trade_frame__without_trades__has_every_column() -> None:
    frame = trade_frame(())
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == 0


def test_repr_html__names_and_words_with_markup__are_escaped_and_unseen_letters_gone() -> None:
    evil = "<script>alert(1)</script>\u202e&\x00"
    trade = replace(PLAN.trades[0], instrument=evil, reason=evil, limit_usd=math.nan)
    html = replace(PLAN, trades=(trade,), notes=(evil,))._repr_html_()
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 3
    assert "\u202e" not in html
    assert "\x00" not in html
    assert "nan" not in html.lower().replace("financ", "")


def test_repr_html__of_a_plan__says_the_answer_its_reasons_and_the_trades() -> None:
    html = PLAN._repr_html_()
    assert PLAN.decision.headline.split(";")[0] in html
    assert html.count("<tr>") == len(PLAN.trades) + 1
    assert "no trades" in replace(PLAN, trades=())._repr_html_()


def test_from_value__v3_and_v2__is_worth_it_and_was_entered_at_the_market() -> None:
    for lower, upper in ((1_600.0, 2_500.0), (0.0, math.inf)):
        made = ConcentratedPosition.from_value(250_000.0, "ETH", "USD", MARKET, lower, upper, fee_apr=0.2)
        assert float(made.value_usd(MARKET.spots)) == pytest.approx(250_000.0, rel=1e-12)
        assert made.pool_terms(MARKET).il_usd == pytest.approx(0.0, abs=1e-6)
        assert made.pool == "ETH/USD"
    two = ConcentratedPosition.from_value(1e5, "BTC", "ETH", MARKET, 15.0, 27.0, id="b")
    assert float(two.value_usd(MARKET.spots)) == pytest.approx(1e5, rel=1e-12)
    assert Book((made, two)).assets == ("BTC", "ETH")


def test_from_value__what_cannot_be__is_refused_by_name() -> None:
    make = ConcentratedPosition.from_value
    for value in (-1.0, math.inf, math.nan):
        with pytest.raises(InvalidPosition):
            make(value, "ETH", "USD", MARKET)
    with pytest.raises(BadInput):
        make(1.0, "ETH", "USD", MARKET, 2_500.0, 1_600.0)
    with pytest.raises(UnknownAsset):
        make(1.0, "XYZ", "USD", MARKET)


def test_plan__made_without_a_table__loads_no_notebook_part() -> None:
    code = "import sys, hedge.plan.build; sys.exit('hedge.plan.notebook' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0
