"""The HTML report: whole, honest, self-contained and the same for the same content."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bridge import formats
from bridge.report.changes import departures, parameter_changes
from bridge.report.content import PricePathView, ReportContent, Step
from bridge.report.html import render_report, write_report
from bridge.report.pictures.parameters import parameters_picture, place
from bridge.report.pictures.path import deepest_fall
from bridge.report.pictures.volatility import verdict
from bridge.report.view import MEANING, condor_balance, timed_steps
from hedge.book.positions import Book
from hedge.decision.decide import Decision
from hedge.decision.update.propose import Change, ProposedUpdate
from hedge.market import Provenance
from hedge.policy.parameters import KEYS
from tests.bridge.report_pages import AT, EVIL, MARKET, Outline, a_book, a_content, a_plan, assert_harmless, position

pytestmark = pytest.mark.unit

SECTIONS = (
    "ticket", "limits", "comparison", "positions", "effect", "loss", "layers", "regime", "change", "prices", "inputs",
)  # fmt: skip


@pytest.fixture(scope="module")
def content() -> ReportContent:
    book = a_book()
    return a_content(a_plan(book), book)


@pytest.fixture(scope="module")
def page(content: ReportContent) -> str:
    return render_report(content)


def test_page__full_content__is_well_formed_with_unique_ids_and_every_section(page: str) -> None:
    outline = Outline(page)
    assert len(outline.ids) == len(set(outline.ids))
    assert {f"{name}" for name in SECTIONS} <= set(outline.ids)
    assert [link["href"] for link in outline.all("a")] == ["#main", *(f"#{name}" for name in SECTIONS)]


def test_page__full_content__refers_to_nothing_outside_itself(page: str) -> None:
    outline = Outline(page)
    loaded = [value for _, attributes in outline.found for name, value in attributes.items() if name in {"src", "href"}]
    assert all(value is not None and value.startswith("#") for value in loaded)
    assert not {"script", "img", "link", "iframe", "object"} & {tag for tag, _ in outline.found}
    assert "http://" not in page
    assert "https://" not in page
    assert "@import" not in page
    assert set(re.findall(r"url\(([^)]*)\)", page)) <= {f"#{name}" for name in outline.ids}


def test_page__full_content__forbids_the_network_by_policy(page: str) -> None:
    assert "default-src 'none'; style-src 'unsafe-inline'" in page


def test_page__same_content__gives_the_same_bytes(content: ReportContent, page: str) -> None:
    book = a_book()
    assert render_report(content) == page
    assert render_report(a_content(a_plan(book), book)) == page


def test_page__full_content__names_every_picture_and_says_how_to_read_it(page: str) -> None:
    outline = Outline(page)
    panels = [panel for panel in outline.all("div") if panel.get("role") == "img"]
    assert len(panels) == len(outline.all("svg")) >= 4 + 2 + 1 + 2 + 1 + 4 + 1 + 1
    assert all(len(panel["aria-label"] or "") > 40 for panel in panels)
    assert page.count("How to read it:") == len(outline.all("figure")) == page.count("<figcaption>")


def test_page__full_content__tables_have_headers_and_scroll_in_their_own_box(page: str) -> None:
    outline = Outline(page)
    boxes = [box for box in outline.all("div") if box.get("class") == "scroll"]
    assert len(boxes) == len(outline.all("table")) >= 5
    assert all(box["role"] == "region" and box["aria-label"] for box in boxes)
    assert all(header.get("scope") for header in outline.all("th"))


def test_page__full_content__shows_decision_layers_steps_and_disclaimer(content: ReportContent, page: str) -> None:
    plan = content.plan
    assert plan.decision.answer in page
    assert MEANING[plan.decision.answer] in page
    assert all(formats.said(reason) in page for reason in plan.decision.reasons)
    assert all(leg.label in page for layer in plan.layers for leg in layer.legs)
    assert "A sold condor finances, it does not protect." in page
    assert condor_balance(content.plan) in page
    assert "241,009 gas" in page
    assert "0x" + "01" * 32 in page
    assert content.inputs_hash in page
    assert content.block_hash in page
    assert "Educational software. No financial advice. Options trading involves substantial risk of loss" in page


@pytest.mark.parametrize("answer", sorted(MEANING))
def test_page__every_decision__is_shown_with_its_meaning_and_reasons(content: ReportContent, answer: str) -> None:
    decision = Decision(answer, ("because of 12% & more",), content.plan.decision.numbers)  # type: ignore[arg-type]
    page = render_report(replace(content, plan=replace(content.plan, decision=decision)))
    assert f'<p class="answer">{answer}</p>' in page
    assert MEANING[answer] in page
    assert f"Because of 12{formats.NARROW}% &amp; more." in page


def test_page__hostile_names__are_escaped_everywhere() -> None:
    evil = EVIL
    book = Book(tuple(replace(position, id=f"{position.id} {evil}", pool=evil) for position in a_book().positions))
    content = replace(
        a_content(a_plan(book), book), title=evil, owner=evil, chain_sources={evil: evil},
        steps=(Step(evil, evil, AT, evil, 1),),
        price_path=PricePathView([0.0, 1.0], {evil: [1.0, 2.0]}, evil, Provenance.FILE),
    )  # fmt: skip
    assert_harmless(render_report(content))


def test_page__unknown_numbers__are_dashes_and_never_nan(page: str) -> None:
    text = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    assert not re.search(r"\b(nan|None|inf)\b", text)
    row = re.search(r"<bdi>unknown</bdi>.*?</tr>", page, flags=re.DOTALL)
    assert row is not None
    assert "<td>–<span" in row[0]
    assert "– of fees against" in row[0]
    assert "fees unknown" in row[0]
    assert "0 to ∞ USD per BTC" in row[0]


def test_page__simulated_prices__say_so_beside_the_heading_and_in_the_picture(page: str) -> None:
    assert '<span class="tag">simulated</span>' in page
    assert "simulated prices, USD" in page
    assert "Source: simulated: one crash, seed 1." in page


def test_page__real_prices__are_not_called_simulated(content: ReportContent) -> None:
    path = PricePathView([0, 86_400, 172_800], {"ETH": [1.0, 2.0, 1.5]}, "eth.csv: 3 rows", Provenance.FILE)
    assert "simulated prices" not in render_report(replace(content, price_path=path))


def test_page__no_price_path_and_no_steps__leaves_both_out(content: ReportContent) -> None:
    page = render_report(replace(content, price_path=None, steps=()))
    assert 'id="prices"' not in page
    assert 'href="#prices"' not in page
    assert "time line" not in page


def test_page__plan_without_update__says_that_nothing_changes(content: ReportContent) -> None:
    plan = replace(content.plan, update=ProposedUpdate())
    proposed = render_report(replace(content, plan=plan, parameters_after=None, proposal_id=None, steps=()))
    executed = render_report(replace(content, plan=plan, parameters_after=content.parameters_before))
    assert "no parameter is worth a change" in proposed
    assert "the values in force are those that the plan was made with" in executed
    assert "Parameters that change" not in proposed + executed


def test_page__update_not_executed__is_marked_as_proposed(content: ReportContent) -> None:
    page = render_report(replace(content, parameters_after=None))
    assert content.plan.update.changes
    assert "What would change on chain" in page
    assert '<span class="tag">proposed, not in force</span>' in page
    assert "What changed on chain" not in page


def test_page__plan_without_chains__hedges_the_delta_alone_and_says_why() -> None:
    book = a_book()
    plan = a_plan(book, chains=False)
    page = render_report(a_content(plan, book))
    assert {layer.name for layer in plan.layers if layer.legs} == {"delta"} == {trade.layer for trade in plan.trades}
    assert "ETH has no option chain" in page
    assert "No condor is sold." in page
    assert 'class="panel frontier"' in page


def test_page__empty_book__renders() -> None:
    book = Book(())
    page = render_report(a_content(a_plan(book), book))
    assert "The book holds no position." in page
    assert "None: the book is worth nothing." in page
    assert "Nothing to trade." in page
    assert "no programme was solved" in page
    assert 'class="panel frontier"' not in page
    assert "do not hedge" in page


def test_write_report__existing_file__is_replaced_whole(tmp_path: Path, content: ReportContent, page: str) -> None:
    target = tmp_path / "reports" / "plan.html"
    target.parent.mkdir()
    target.write_text("old", encoding="utf-8")
    assert write_report(target, content) == target
    assert target.read_text(encoding="utf-8") == page
    assert [file.name for file in target.parent.iterdir()] == ["plan.html"]


def test_parameter_changes__executed_otherwise_than_proposed__says_both(content: ReportContent) -> None:
    (first, *_) = content.plan.update.changes
    values = list(content.parameters_before)
    values[16] += 100
    other = replace(content, parameters_after=tuple(values))
    (change,) = parameter_changes(other)
    assert (change.key.id, change.reason) == (16, "not a change that this plan proposes")
    assert departures(other)[0].startswith(f"{KEYS[first.key].name}: the plan proposes")
    assert departures(content) == ()


def test_parameter_changes__limits_unknown__has_the_keys_bounds_and_no_step() -> None:
    book = a_book()
    for change in parameter_changes(a_content(a_plan(book, limits=False), book)):
        assert (change.least, change.most, change.step) == (change.key.least, change.key.most, None)


def test_place__values_along_a_track__ascend_and_stay_on_it(content: ReportContent) -> None:
    update = ProposedUpdate((Change(9, 20_000, 15_000, "why", "what"),))
    plan = replace(content.plan, update=update)
    (change,) = parameter_changes(replace(content, plan=plan, parameters_after=None))
    assert change.step == (9_999, 40_000)
    places = [place(value, change) for value in (0, 9_999, 15_000, 20_000, 40_000, 60_000)]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0.0, 1.0)
    assert parameters_picture([], executed=True) is None


def test_price_range__pair_of_two_assets__inverts_for_the_quote() -> None:
    pair = position("pair", "BTC", "ETH", 1.0, 25.0, 50.0, 0.1)
    assert pair.price_range("BTC", MARKET.spots) == (25.0 * 2310.0, 50.0 * 2310.0)
    assert pair.price_range("ETH", MARKET.spots) == (81_250.0 / 50.0, 81_250.0 / 25.0)
    assert replace(pair, lower=0.0, upper=math.inf).price_range("BTC", MARKET.spots) is None
    assert pair.price_range("SOL", MARKET.spots) is None


def test_verdict__break_even_at_half_of_implied__pays_a_quarter(content: ReportContent) -> None:
    weak = replace(content.plan.exposure.positions[0], break_even_vol=0.3, implied_vol=0.6)
    assert verdict(weak) == f"25{formats.NARROW}% of LVR"
    assert verdict(replace(weak, in_range=False)) == "out of range"
    assert verdict(replace(weak, break_even_vol=math.nan)) == "fees unknown"


def test_timed_steps__known_and_unknown_times__wait_only_where_both_are_known(content: ReportContent) -> None:
    waits = [step.wait.replace(formats.NARROW, " ") for step in timed_steps(content)]
    assert waits == ["", "2 d 3 h later", ""]


def test_deepest_fall__rising_prices__is_empty() -> None:
    start, end = deepest_fall(np.arange(4.0), np.array([1.0, 2.0, 3.0, 4.0]))
    assert start == end


@pytest.mark.parametrize(
    ("value", "written"),
    [(None, "–"), (math.nan, "–"), (math.inf, "∞"), (-0.3, "0"), (0.0, "0"), (-1234.5, "−1,234"), (1e6, "1,000,000")],
)
def test_number__every_kind__is_written_for_people(value: float | None, written: str) -> None:
    assert formats.number(value) == written


def test_units__unknown_number__has_no_unit() -> None:
    assert formats.usd(math.nan) == formats.percent(None) == "–"
    assert formats.price(None) == formats.quantity(math.nan) == formats.level(None) == "–"


def test_said__numbers_in_a_reason__are_written_as_elsewhere() -> None:
    assert formats.said("net gamma -23,990 USD, wanted 210000, 12.6% of ETH-27MAR26-2000-P") == (
        f"Net gamma −23,990 USD, wanted 210,000, 12.6{formats.NARROW}% of ETH-27MAR26-2000-P."
    )
