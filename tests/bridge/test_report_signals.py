"""The report's section on signals and regime, and its words for a book that is on no chain."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from bridge.formats import NARROW
from bridge.report.content import ReportContent, report_content
from bridge.report.html import render_report
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.plan.build import build_plan
from hedge.policy.parameters import Parameters
from hedge.signals.signal import Signal, State
from tests.bridge.market_files import AT, DAY, calm_folder, plan_on

pytestmark = pytest.mark.unit

HEARD = (
    Signal("volatility", 0.97, State.CRISIS, AT - 3600, DAY, "index_ETH, by hand"),
    Signal("funding", math.nan, math.nan, 0, 0, "no funding_ETH"),
    Signal("MACD turn", 1.0, 0.0, AT - 3600, DAY, "index_ETH, by hand"),
    Signal("events", float(DAY), 0.0, AT, 3600, "CPI of 2026-05-09 12:30Z"),
    Signal("house mood", 0.25, 0.25, AT - 9 * DAY, DAY, "<b>asked around</b>"),
)


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> ReportContent:
    folder = tmp_path_factory.mktemp("book")
    return report_content(plan_on(calm_folder(folder / "histories"), folder), "Plan")


def hearing(content: ReportContent, *signals: Signal) -> ReportContent:
    """Return the content with a plan that hears these signals."""
    chains = {"ETH": synthetic_chain("ETH", 2000.0, AT, 0.6)}
    plan = build_plan(content.book, content.market, chains, Parameters(), signals=signals, scenario_count=256)
    return replace(content, plan=plan)


def labels(page: str) -> list[str]:
    return re.findall(r'role="img" aria-label="([^"]*)"', page)


def test_page__signals__are_drawn_listed_and_dated_with_the_silent_ones_named(content: ReportContent) -> None:
    page = render_report(hearing(content, *HEARD))
    (board,) = [label for label in labels(page) if label.startswith("Signals and their scores")]
    assert "volatility crisis" in board
    assert "funding silent" in board
    assert "house mood silent, last 25 %" in board
    (index,) = [label for label in labels(page) if label.startswith("The book&#39;s volatility index over 36")]
    assert "97 % of its own past" in index
    assert "turned up" in page
    assert f"in 1{NARROW}d" in page
    assert "&lt;b&gt;asked around&lt;/b&gt;" in page
    assert "index_ETH, by hand" in page
    assert 'Signals and regime <span class="tag">' not in page
    assert not re.search(r"\b(nan|None)\b", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL))


def test_page__calm_board__lists_every_signal_in_its_order(content: ReportContent) -> None:
    page = render_report(content)
    listed = re.findall(r'<th scope="row">([^<]+)</th><td>[^<]*</td><td>[^<]*</td><td class="text">2', page)
    assert listed[:4] == ["volatility", "term slope", "index RSI", "MACD turn"]
    assert len(listed) == 13
    assert "silent" not in labels(page)[0]


def test_page__index_unknown__draws_the_signals_alone(content: ReportContent) -> None:
    page = render_report(replace(content, index=None))
    assert 'class="panel signals"' in page
    assert 'class="panel index"' not in page


def test_page__simulated_signals__say_so_beside_the_heading(content: ReportContent) -> None:
    made_up = replace(HEARD[0], source="index_ETH, simulated, seed 1: no real market")
    assert 'Signals and regime <span class="tag">simulated</span>' in render_report(hearing(content, made_up))


def test_page__stated_book__says_that_it_is_of_no_chain(content: ReportContent) -> None:
    page = render_report(content)
    assert "Book stated in book.toml, on no chain" in page
    assert content.block_hash not in page
