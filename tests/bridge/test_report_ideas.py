"""What the report says beside the trades: harmless with hostile names, dashes where unknown, left out where absent."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bridge.plans.ideas import PlanIdeas
from bridge.plans.screens import Screened, ScreenedAsset
from bridge.report.content import ReportContent
from bridge.report.html import render_report
from hedge.decision.motions import PositionMotion
from hedge.valuation.diversification import JointTail
from hedge.valuation.leg_worth import LegWorth
from hedge.valuation.pool_bets import Bets, PoolBets
from tests.bridge.report_pages import EVIL, a_book, a_content, a_plan, assert_harmless

pytestmark = pytest.mark.unit

BETS = Bets(1.2, math.inf, JointTail(0.03, 0.04, 0.02, 100), 0.1, 0.5)
IDEAS = PlanIdeas(
    (LegWorth(EVIL, EVIL, EVIL, 1.0, 10.0, math.nan, math.nan, math.nan),),
    (PositionMotion(EVIL, "leave", math.nan, None, EVIL),),
    PoolBets((EVIL, "other"), (0.5, 0.5), BETS, BETS, 100, EVIL),
    Screened(
        (ScreenedAsset(EVIL, EVIL, 0.3, math.nan, math.nan, math.nan, math.nan, math.inf, math.nan, True, (EVIL,)),),
        0.7,
        EVIL,
    ),
)


@pytest.fixture(scope="module")
def content() -> ReportContent:
    book = a_book()
    return a_content(a_plan(book), book)


def test_page__hostile_names_and_unknown_numbers__escaped_and_dashes(content: ReportContent) -> None:
    page = render_report(replace(content, ideas=IDEAS))
    assert_harmless(page)
    section = page.split('id="ideas"')[1].split("</section>")[0]
    assert "nan" not in section.lower().replace("finan", "")
    assert 'class="panel bets"' in section
    assert 'class="panel screens"' in section
    assert render_report(replace(content, ideas=IDEAS)) == page


def test_page__one_pool_and_no_screens__says_so_and_draws_neither(content: ReportContent) -> None:
    bets = PoolBets(("one",), (1.0,), None, None, 0, "nothing")
    page = render_report(replace(content, ideas=replace(IDEAS, bets=bets, screened=None)))
    assert "One pool: there is nothing to diversify." in page
    assert 'class="panel bets"' not in page
    assert "Exposure that the screens allow" not in page


def test_page__without_ideas__has_no_section_and_no_link_to_it(content: ReportContent) -> None:
    page = render_report(content)
    assert 'id="ideas"' not in page
    assert 'href="#ideas"' not in page
