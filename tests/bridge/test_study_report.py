"""The page of a study: whole, honest where numbers are missing, self-contained, the same for the same document."""

from __future__ import annotations

import copy
import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge.errors import BadFile
from bridge.formats import NARROW
from bridge.study.report.answers import answers
from bridge.study.report.comparison import comparison_words
from bridge.study.report.figures import crashes, spans
from bridge.study.report.html import render_study_report, write_study_report
from bridge.study.report.pictures.frontier import frontier
from bridge.study.report.pictures.lines import BINS, thinned
from bridge.study.report.pictures.palette import DASHES, HUES, groups, looks
from bridge.study.report.pictures.place_labels import LETTER, LINE, Box, place_labels
from bridge.study.report.view import HEAD, study_view
from hedge.units import DAY
from tests.bridge.report_pages import Outline

pytestmark = pytest.mark.unit

START = 1_767_115_875
WEEKS, WINDOWS, STEPS = 21, 146, 153
"""As many as a half year of Deribit's books gives with seven first days."""
NAMES = (
    ("unhedged", ""), ("hold_50_50", ""), ("plan", "plan"), ("plan_holding", "plan"), ("weekly_delta", "delta"),
    ("daily_delta", "delta"), ("strip_7", "strip"), ("strip_30", "strip"), ("strip_30_delta", "strip"),
    ("plan_4_weeks", "plan"),
)  # fmt: skip
SECTIONS = ("strategies", "profit", "drawdown", "weeks", "frontier", "attribution", "calibration", "crashes", "spans",
            "comparison", "inputs")  # fmt: skip
UNSAID = re.compile(r"\b(nan|None|inf)\b")
EVIL = '<script>alert(1)</script>"><img src=x onerror=alert(2)>$\\frac{1}{2}$\u202e' + "long " * 100
CAUTION = "the tail holds 0.5 independent blocks: its bad end is set too low"


def an_interval(estimate: float | None, width: float, **other: Any) -> dict[str, Any]:
    known = estimate is not None
    return {
        "estimate": estimate, "low": estimate - width if known else None, "high": estimate + width if known else None,
        "level": 0.9, "windows": WINDOWS, "weeks": WEEKS, "mean_weeks": 2.0, "resamples": 2000, "reason": "",
        "caution": "", **other,
    }  # fmt: skip


def value_check(predicted: float | None, realised: float | None) -> dict[str, Any]:
    known = predicted is not None and realised is not None
    return {"count": 30 if known else 0, "unknown": 0, "predicted": predicted, "realised": realised,
            "bias": predicted - realised if known else None, "error": 900.0 if known else None}  # fmt: skip


def a_strategy(name: str, family: str, place: int) -> dict[str, Any]:
    """Return figures that fall with the place: a later strategy removes more of the tail and costs more."""
    alone, cvar, mean = place == 0, 178_879.0 - 15_000.0 * place, -15_356.0 + 500.0 * place
    removed = 15_000.0 * place
    rows = [("pools", "price", -15_303.0), *((("tail", "mark", 553.4), ("tail", "slippage", -349.4)) if place else ())]
    tail = {
        "count": 146, "unknown": 0, "exceedances": 8, "share": 8 / 146, "expected": 0.05, "tested": 21,
        "tested_exceedances": 1, "kupiec": 0.0025, "kupiec_p": 0.96, "exact_p": 1.0, "shortfalls": 8, "es_ratio": 1.51,
    }  # fmt: skip
    calibration = {"tail": tail, "legs": value_check(25_185.0, 24_125.0), "legs_after_falls": value_check(None, None),
                   "decay": value_check(1_746.0, 1_828.0)}  # fmt: skip
    against = {
        "mean": an_interval(500.0 * place, 9_000.0), "std": an_interval(-1_000.0, 500.0),
        "cvar95": an_interval(-removed, 10_000.0, caution=CAUTION),
    }  # fmt: skip
    return {
        "strategy": name, "title": f"title of {name}", "variant_of": family, "windows": WINDOWS, "weeks": WEEKS,
        "missing": 0, "mean": mean, "std": 50_212.0, "worst": -266_494.0, "worst_at": START + 30 * DAY, "cvar95": cvar,
        "cvar99": 255_220.0, "profit_usd": -324_472.0, "slippage_usd": 1.0, "fees_usd": 2.0, "other_usd": 0.0,
        "turnover_usd": 660_020.0, "cost_a_week": 100.0 * place, "cvar_removed_usd": removed,
        "cost_per_risk": None if alone else 0.0067, "given_up_per_risk": None if alone else -0.03,
        "drawdown": {"usd": 383_818.0, "peak_at": START, "trough_at": START + 90 * DAY, "share": 0.335,
                     "share_peak_at": START, "share_trough_at": START + 90 * DAY, "unknown": 0},
        "alpha": {"alpha": -5_220.7, "alpha_error": 1_792.0, "p": 0.004, "r_squared": 0.936, "windows": WINDOWS,
                  "lags": 6, "reason": "", "beta": {"ETH": 637_638.5}, "beta_error": {"ETH": 66_850.0}},
        "tracking": {"unhedged": 0.0 if alone else 7_331.0},
        "captures": [{"name": "fall of winter", "profit": -90_000.0, "unhedged": -100_000.0, "capture": 0.9},
                     {"name": "unseen fall", "profit": None, "unhedged": None, "capture": None}],
        "overlay": {"rate": 1.7e10, "rates": 0, "net_usd": 156_603.0},
        "intervals": {"mean": an_interval(mean, 18_000.0), "std": an_interval(50_212.0, 9_000.0),
                      "cvar95": an_interval(cvar, 60_000.0, caution=CAUTION)},
        "against_unhedged": {} if alone else against,
        "attribution": [{"label": label, "kind": kind, "usd": usd} for label, kind, usd in rows],
        "calibration": calibration if family == "plan" else None,
        "counts": {"sales without a bid": 580} if place == 6 else {},
        "largest_margin_usd": 11_500.0 if place == 4 else 0.0,
    }  # fmt: skip


def a_summary(names: tuple[tuple[str, str], ...] = NAMES, steps: int = STEPS, windows: int = WINDOWS) -> dict[str, Any]:
    """Return a document of the same shape and size as a real study's."""
    draw = np.random.default_rng(7)
    at = [START + DAY * step for step in range(steps)]
    walks = {name: 1e6 + np.cumsum(draw.normal(-2_000.0, 12_000.0, steps)) for name, _ in names}
    span_rows = [
        {"span": span, "strategy": name, "profit_usd": profit, "days": days, "windows": 2, "weeks": 1,
         "worst_usd": -9.0, "cvar95_usd": 9.0, "cost_usd": 1.0}
        for span, profit, days in (("2025 Q4", -9.36, 0.7), ("2026 Q1", 12_345.0, 90.0), ("2026 Q2", None, 0.0))
        for name, _ in names
    ]  # fmt: skip
    return {
        "market": "deribit", "settings": {"market": "deribit", "assets": [], "start": None, "pool": {"fee_apr": 0.0}},
        "start": at[0], "end": at[-1], "steps": steps, "runs": 7 * len(names), "phases": 7, "capital_usd": 1_000_000.0,
        "assumptions": ["Options trade at bid and ask.", "Pool fees: 0.0% a year."],
        "problems": {"options without a bid": 8455},
        "problem_rows": [{"kind": "options without a bid", "what": "ETH: of 117166 rows", "at": None, "count": 8455}],
        "failed": [],
        "strategies": [a_strategy(name, family, place) for place, (name, family) in enumerate(names)],
        "years": [row | {"span": row["span"][:4]} for row in span_rows if row["span"] != "2026 Q2"],
        "quarters": span_rows,
        "comparison": {
            "deflated_sharpe": {"best": "hold_50_50", "sharpe": -0.21, "expected": 0.93, "probability": 1.4e-8,
                                "trials": 9,
                                "observations": WEEKS, "skewness": -1.0, "tails": 5.2, "reason": ""},
            "reality_check": {"statistic": "cvar95", "best": "weekly_delta", "gain": 111_929.0, "score": 3.07,
                              "p_lower": 0.0005, "p": 0.0321, "p_upper": 0.04, "p_white": 0.05, "windows": windows,
                              "weeks": WEEKS, "resamples": 2000, "reason": ""},
        },
        "paths": {name: {"at": at, "profit": walk.tolist()} for name, walk in walks.items()},
        "weeks": {name: {"starts": at[:windows], "profits": draw.normal(-15_000.0, 50_000.0, windows).tolist()}
                  for name, _ in names},
        "pools": None, "inputs_sha256": "56" * 32, "files": {"iv/chains.parquet": "2e" * 32},
    }  # fmt: skip


@pytest.fixture(scope="module")
def summary() -> dict[str, Any]:
    return a_summary()


@pytest.fixture
def small() -> dict[str, Any]:
    """Return a document of two strategies, where no more is needed: a page's time is its pictures."""
    return a_summary((NAMES[0], NAMES[2]), steps=30, windows=23)


@pytest.fixture(scope="module")
def page(summary: dict[str, Any]) -> str:
    return render_study_report(summary, "Study of Deribit")


def test_page__whole_document__is_well_formed_with_every_section_in_order(page: str) -> None:
    outline = Outline(page)
    assert len(outline.ids) == len(set(outline.ids))
    assert [section["aria-labelledby"] for section in outline.all("section")] == [f"{name}-title" for name in SECTIONS]
    assert {link["href"] for link in outline.all("a")} == {"#main", *(f"#{name}" for name in SECTIONS)}


def test_page__whole_document__loads_nothing_and_forbids_the_network(page: str) -> None:
    outline = Outline(page)
    loaded = [value for _, attributes in outline.found for name, value in attributes.items() if name in {"src", "href"}]
    assert all(value is not None and value.startswith("#") for value in loaded)
    assert not {"script", "img", "link", "iframe", "object"} & {tag for tag, _ in outline.found}
    assert not re.search(r"https?://|@import", page)
    assert set(re.findall(r"url\(([^)]*)\)", page)) <= {f"#{name}" for name in outline.ids}
    assert "default-src 'none'; style-src 'unsafe-inline'" in page


def test_page__same_document__gives_the_same_bytes(small: dict[str, Any], tmp_path: Path) -> None:
    written = write_study_report(tmp_path / "study.html", small, "Study of Deribit")
    again = render_study_report(json.loads(json.dumps(small)), "Study of Deribit")
    assert (written, written.read_text(encoding="utf-8")) == (tmp_path / "study.html", again)


def test_page__half_a_year_of_ten_strategies__is_below_400_kB(page: str) -> None:
    assert len(page.encode()) < 400_000


def test_page__every_picture__has_its_numbers_in_words_and_a_table_beside_it(page: str) -> None:
    outline = Outline(page)
    panels = [panel for panel in outline.all("div") if panel.get("role") == "img"]
    assert len(panels) == len(outline.all("svg")) == 4 + 4 + 1 + 2 + 3 + 2 + 1
    assert all(re.search(r"\d", panel["aria-label"] or "") for panel in panels)
    for section in re.findall(r"<section.*?</section>", page, flags=re.DOTALL):
        assert section.count("<table>") >= section.count("<figure") > 0 or "<figure" not in section
    assert all(header.get("scope") for header in outline.all("th"))


def test_page__whole_document__says_what_the_document_says(page: str) -> None:
    for words in (
        "Options trade at bid and ask.", "options without a bid", "8,455", "56" * 32, "iv/chains.parquet",
        "sales without a bid 580", f"largest margin 11,500{NARROW}USD", "no rate, net\u00a0+156,603",
        "† The tail holds 0.5",
        "8 of 146", "1 of 21 apart; exact 1.00", "no forecast came due", f"90{NARROW}% kept", "Unseen fall. Not known",
        "Educational software. No financial advice.",
    ):  # fmt: skip
        assert words in page, words


def test_page__unknown_numbers__are_dashes_and_never_nan(small: dict[str, Any]) -> None:
    few = copy.deepcopy(small)
    reason = "5 calendar weeks in blocks of 2: at least 8 blocks are needed"
    for one in few["strategies"]:
        for found in (*one["intervals"].values(), *one["against_unhedged"].values()):
            found |= {"low": None, "high": None, "reason": reason, "caution": ""}
        one |= {"std": None, "worst": None, "cost_per_risk": None, "cost_a_week": None}
        one["alpha"] |= {"reason": "3 windows for 4 unknowns", "beta": {"ETH": None}}
        one["alpha"] |= dict.fromkeys(("alpha", "alpha_error", "p", "r_squared"))
        one["drawdown"] |= {"usd": None, "share": None, "peak_at": -1, "trough_at": -1}
        one["tracking"] = {"unhedged": None}
        if one["calibration"]:
            unknown = dict.fromkeys(("share", "kupiec_p", "exact_p", "es_ratio"))
            one["calibration"]["tail"] |= {"count": 0, **unknown}
    for path in few["paths"].values():
        path["profit"][3] = path["profit"][-1] = None
    few["comparison"]["deflated_sharpe"] |= {"probability": None, "expected": None, "reason": "no variant varies"}
    few["comparison"]["reality_check"] |= dict.fromkeys(("p", "p_lower", "p_upper", "p_white", "score"))
    page = render_study_report(few, "Few weeks")
    assert not UNSAID.search(page)
    for words in (f"There are no intervals: {reason}.", "3 windows for 4 unknowns", "none, for no variant varies",
                  "no loss beyond VaR"):  # fmt: skip
        assert words in page, words
    Outline(page)


def test_page__all_weeks_and_paths_empty__renders(small: dict[str, Any]) -> None:
    empty = copy.deepcopy(small)
    for one in empty["strategies"]:
        one |= {"windows": 0, "weeks": 0, "mean": None, "worst_at": -1, "cvar95": None, "cvar_removed_usd": None,
                "against_unhedged": {}, "attribution": [], "calibration": None, "captures": []}  # fmt: skip
    empty |= {"years": [], "quarters": [], "comparison": {}}
    empty["paths"] = {name: {"at": path["at"][:1], "profit": [None]} for name, path in empty["paths"].items()}
    empty["weeks"] = {name: {"starts": [], "profits": []} for name in empty["weeks"]}
    page = render_study_report(empty, "Nothing came")
    assert re.search("not comparable.*No crash is named in these days.", page, flags=re.DOTALL)
    assert not UNSAID.search(page)
    Outline(page)


def test_page__only_the_pools__compares_nothing() -> None:
    page = render_study_report(a_summary(NAMES[:1], steps=30, windows=23) | {"comparison": {}, "phases": 1}, "Alone")
    for words in ("No hedge was played beside the pools.", "Nothing is compared", "No strategy made forecasts."):
        assert words in page, words
    assert 'id="frontier"' not in page
    Outline(page)


def test_page__runs_failed__names_each_where_no_strategy_is_left_too(small: dict[str, Any]) -> None:
    failures = ["plan-3: BadInput: quotes crossed (plan.py:12)", f"house-0: ValueError: {EVIL}"]
    some = render_study_report(small | {"failed": failures}, "Some failed")
    assert "2 of the runs failed and are in no figure" in some
    assert failures[0] in some
    head = {key: small[key] for key in HEAD}
    none = render_study_report(head | {"failed": failures, "strategies": []}, "All failed")
    assert "the pools alone have no result" in none
    assert failures[0] in none
    for page in (some, none):
        assert not {"script", "img"} & {tag for tag, _ in Outline(page).found}


def test_page__hostile_names__are_escaped_and_shortened_everywhere(summary: dict[str, Any]) -> None:
    evil = a_summary((NAMES[0], (EVIL, EVIL), ("plan", EVIL)), steps=30, windows=23)
    for one in evil["strategies"]:
        one |= {"title": EVIL, "counts": {EVIL: 3}}
        one["attribution"] += [{"label": EVIL, "kind": kind, "usd": 1.0} for kind in ("mark", EVIL)]
        one["alpha"] |= {"beta": {EVIL: 1.0}, "beta_error": {EVIL: 1.0}}
        one["captures"] = [{"name": EVIL, "profit": -1.0, "unhedged": -2.0, "capture": 0.5}]
        one["tracking"][EVIL] = 1.0
        one["intervals"]["cvar95"]["caution"] = EVIL
        for found in one["against_unhedged"].values():
            found |= {"low": None, "high": None, "reason": EVIL}
    evil |= {"market": EVIL, "assumptions": [EVIL], "problems": {EVIL: 1}, "files": {EVIL: EVIL}}
    evil["settings"] = {EVIL: {EVIL: EVIL}}
    evil["problem_rows"] = [{"kind": EVIL, "what": EVIL, "at": START, "count": 2}]
    evil["comparison"]["reality_check"] |= {"best": EVIL, "statistic": EVIL}
    evil["comparison"]["deflated_sharpe"] |= {"best": EVIL, "probability": None, "reason": EVIL}
    page = render_study_report(evil, EVIL)
    outline = Outline(page)
    assert not {"script", "img"} & {tag for tag, _ in outline.found}
    assert not [name for _, attributes in outline.found for name in attributes if name.startswith("on")]
    assert "\u202e" not in page
    assert not [name for name in re.findall(r'<th scope="row"><bdi>(.*?)</bdi>', page) if "long long" in name]


def test_page__several_pools__shows_bets_and_what_the_tail_keeps(small: dict[str, Any]) -> None:
    pools: dict[str, Any] = {"pools": 8, "weeks": 52, "left_out": 1, "bets": 2.41, "variance_bets": 1.52, "kept": 0.91,
             "kept_if_independent": 0.44, "reason": ""}  # fmt: skip
    bare = small | {"paths": {}, "weeks": {}, "quarters": []}
    page = render_study_report(bare | {"pools": pools}, "Pools")
    assert "8 pools make 2.4 independent bets" in page
    assert f"keeps 91{NARROW}% of their own CVaR95" in page
    unknown = {**pools, **dict.fromkeys(("bets", "variance_bets", "kept", "kept_if_independent"))}
    unknown["reason"] = "9 whole weeks"
    assert "9 whole weeks." in render_study_report(bare | {"pools": unknown}, "Pools")


@pytest.mark.parametrize("lost", ["phases", "paths", "strategies.cvar95"])
def test_page__document_lacks_something__is_refused_by_name(small: dict[str, Any], lost: str) -> None:
    broken = copy.deepcopy(small)
    del (broken["strategies"][1] if "." in lost else broken)[lost.split(".")[-1]]
    with pytest.raises(BadFile, match=f"has no {lost.split('.')[-1]}"):
        render_study_report(broken, "Broken")


def test_answers__best_hedge__names_it_its_cost_and_what_is_not_known(summary: dict[str, Any]) -> None:
    most, cost, untold = (answer.words.replace(NARROW, " ") for answer in answers(study_view(summary)))
    assert "Title of plan_4_weeks (plan_4_weeks) took CVaR95" in most
    assert "from 178,879 to 43,879 USD: 135,000 less, 90 % interval 125,000 to 145,000." in most
    assert "paid 900 USD a week to trade; its mean week was 4,500 USD above" in cost
    assert "above that of the pools alone, 90 % interval −4,500 to 13,500; the interval holds 0" in cost
    assert "The 146 weekly windows overlap and begin in 21 calendar weeks" in untold
    assert "for 9 of 9 strategies the interval of the difference holds 0." in untold
    assert CAUTION in untold


def test_answers__every_hedge_adds_to_the_tail__praises_none(summary: dict[str, Any]) -> None:
    worse = copy.deepcopy(summary)
    for place, one in enumerate(worse["strategies"][1:]):
        one["cvar_removed_usd"] = -1_000.0 - place
    most = answers(study_view(worse))[0].words.replace(NARROW, " ")
    assert most.startswith("None of 9 strategies: title of hold_50_50 comes nearest")
    assert "1,000 USD above that of the pools alone" in most


def test_comparison__best_of_nine__is_told_in_plain_words(summary: dict[str, Any]) -> None:
    reality, sharpe = (words.replace(NARROW, " ") for words in comparison_words(study_view(summary)))
    assert (
        "resampled weeks would show as much in 3.21 % of cases (Hansen; from 0.05 % to 4.00 %; White 5.00 %)" in reality
    )
    assert "a probability of below 0.01 %, from 21 weeks: it is below the usual demand of 95 %" in sharpe


def test_paths__document_counts_from_the_capital__are_profit_since_the_start(summary: dict[str, Any]) -> None:
    moved = copy.deepcopy(summary)
    moved["paths"]["unhedged"]["profit"][0] = 1_000_000.0
    moved["paths"]["plan"]["profit"][0] = 999_590.0
    paths = study_view(moved).paths
    assert (paths["unhedged"].profit[0], paths["plan"].profit[0]) == (0.0, -410.0)


def test_thinned__long_path__keeps_ends_and_extremes() -> None:
    at, values = np.arange(20_000), np.random.default_rng(1).normal(size=20_000)
    values[777] = np.nan
    kept, left = thinned(at, values)
    assert len(kept) <= 2 * BINS + 2
    assert (kept[0], kept[-1], left.min(), left.max()) == (0, 19_999, np.nanmin(values), np.nanmax(values))


def test_looks__many_families__no_two_strategies_look_alike() -> None:
    names = (NAMES[0], *((f"s{place}", "" if place % 3 else "one") for place in range(len(HUES) * len(DASHES) // 3)))
    study = study_view(a_summary(names, steps=3, windows=3))
    found = looks(study.strategies)
    for alike in (True, False):
        seen = [found[one.key] for one in study.hedges if (one.family == "one") is alike][: len(HUES)]
        assert len(set(seen)) == len(seen)
    assert all(len(members) <= len(DASHES) for _, members in groups(study.strategies))
    assert sum(len(members) for _, members in groups(study.strategies)) == len(study.hedges)


def test_frontier__dearer_and_weaker__is_dominated_by_the_best_of_them(summary: dict[str, Any]) -> None:
    changed = copy.deepcopy(summary)
    for one, cost, removed in zip(changed["strategies"][1:4], (10.0, 5.0, 20.0), (50.0, 60.0, 900_000.0), strict=True):
        one |= {"cost_a_week": cost, "cvar_removed_usd": removed}
    changed["strategies"] = changed["strategies"][:4]
    assert [point.dominated_by for point in frontier(study_view(changed), "cost")] == ["plan", "", ""]


def test_place_labels__crowded_points__names_hide_neither_each_other_nor_leave_the_room() -> None:
    draw, room = np.random.default_rng(3), Box(0.0, 0.0, 380.0, 280.0)
    points = [(float(x), float(y)) for x, y in draw.uniform(100.0, 250.0, (12, 2))]
    names = [f"strategy_{place}" for place in range(12)]
    boxes = [
        Box(label.x, label.y - LINE / 2, label.x + LETTER * len(name), label.y + LINE / 2)
        for label, name in zip(place_labels(points, names, room), names, strict=True)
    ]
    assert all(one.overlap(other) == 0.0 for one, other in combinations(boxes, 2))
    assert all(box.left >= 0.0 and box.right <= 380.0 and box.bottom >= 0.0 and box.top <= 280.0 for box in boxes)


def test_comparison__no_draw_shows_as_much__says_that_resampling_can_show_no_less(summary: dict[str, Any]) -> None:
    least = copy.deepcopy(summary)
    least["comparison"]["reality_check"] |= {"p": 1 / 2001, "statistic": "mean"}
    reality, _ = (words.replace(NARROW, " ") for words in comparison_words(study_view(least)))
    assert "as much in 0.05 %, the least that 2,000 draws can show, of cases" in reality
    assert "standard error." not in reality


def test_spans__short_lost_and_unknown__are_marked(summary: dict[str, Any], page: str) -> None:
    table = spans(study_view(summary), "quarters")
    assert [note for _, note in table.spans] == ["less than a day", "", "less than a day"]
    short, gained, unknown = table.rows[0][1]
    assert (short.lost, gained.lost, unknown.lost) == (True, False, False)
    assert (gained.text, unknown.text, unknown.below) == ("+12,345", "–", "no step")
    assert '<td class="bad">−9 <span class="lost">lost</span>' in page


def test_crashes__one_that_no_path_shows__is_named_apart(summary: dict[str, Any]) -> None:
    table = crashes(study_view(summary))
    assert (table.names, table.unseen) == (("fall of winter",), ("unseen fall",))
    assert [cell.tone for cell in (table.rows[0][1][0], table.rows[1][1][0])] == ["", "good"]
