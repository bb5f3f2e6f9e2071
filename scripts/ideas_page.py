"""Write docs/ideas.md from the table below and from the tests themselves: `python -m scripts.ideas_page`.

The table names tests; where each one is, the generator reads from the syntax trees of `tests/`. A name that no file
defines, or that two files define, is an error. So a test that moves needs a new run, and one that goes needs a new row.
The same run points the links of the other pages that name tests to where the tests are now.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "ideas.md"
LATER: Final = "later"
LINKED: Final = tuple(ROOT / "docs" / name for name in ("invariants.md", "known-risks.md"))
"""Pages written by hand whose links to tests follow the tests."""
TEST_LINK: Final = re.compile(r"\[`(test_\w+)`\]\(\.\./(tests/[^)]+)\)")
SUMMARY_ROW: Final = re.compile(r"^(\| \[([^]]+)\]\(#[^)]+\) \| \d+ \|) .* \|$", re.MULTILINE)
"""A row of a summary: section, number of rows, and the files of the tests that the section links."""


class Idea(NamedTuple):
    """Hold one idea: the page that explains it, the code that is it, the tests that hold it, and its state.

    A row whose state is `later` has neither page nor code nor tests.
    """

    name: str
    page: str
    code: tuple[str, ...]
    tests: tuple[str, ...]
    state: str


IDEAS: Final = (
    Idea(
        "Layer 1, core iron condor: short 0.15 to 0.25 delta, rolled weekly",
        "layers.md#layer-1-iron-condor",
        ("hedge.layers.condor.SPEC", "hedge.decision.programme.columns.option_columns"),
        (
            "test_pose__condors_offered__sell_within_the_governed_delta_wing_and_tenor",
            "test_answer__condor_that_pays__nothing_sold_is_uncovered",
            "test_sign_trap__sold_condor_on_the_bare_book__worsens_gamma_and_cvar_at_the_asked_size",
        ),
        "done; sold whole, and only where it pays",
    ),
    Idea(
        "Layer 2, VIX adaptive hedge: long volatility that scales in",
        "layers.md#layer-2-volatility",
        (
            "hedge.layers.volatility.admits",
            "hedge.policy.regime_policy.choose_policy",
            "hedge.instruments.index_listing.IndexListing",
        ),
        ("test_pose__bands__only_those_and_what_is_held", "test_choose_policy__every_regime__scales_as_its_table_says"),
        "done; it scales in where `regimePolicy` says so. The commands read nothing that is listed on an index yet",
    ),
    Idea(
        "Layer 3, temporal theta guard: far-dated puts with reversal structures",
        "layers.md#layer-3-tail-puts",
        ("hedge.layers.tail.admits", "hedge.decision.programme.solve.least_cvar"),
        (
            "test_pose__bands__only_those_and_what_is_held",
            "test_values_at__put_that_comes_to_the_money__slides_down_the_skew",
            "test_tail__dear_put_beside_fair_calls__buys_the_synthetic_for_less",
        ),
        "done; bands from days to months, as near puts protect a week more. Reversals are for the strategies `rules`",
    ),
    Idea(
        "Conversion and reversal (options arbitrage)",
        "layers.md#conversion-and-reversal",
        (
            "hedge.instruments.parity.scan_parity",
            "hedge.instruments.execution.cheapest_execution",
            "hedge.instruments.parity.best_forward",
        ),
        (
            "test_scan__dear_call__shows_the_conversion_at_its_strike_and_the_box",
            "test_scan__edge__is_what_the_four_trades_pay_at_every_price",
            "test_cheapest_execution__quote_moved_against_us__is_a_synthetic_that_pays_the_same_for_less",
            "test_condor__wing_dear_as_a_put__is_bought_as_its_synthetic_and_earns_more_credit",
        ),
        "done",
    ),
    Idea(
        "Time-shifting / time travel",
        "layers.md#the-roll-engine",
        (
            "hedge.policy.tenor_shifts.read_shifts",
            "hedge.policy.tenor_shifts.shifted_bands",
            "hedge.signals.indicators.macd_turns",
        ),
        (
            "test_shift__macd_of_the_index_turns__moves_the_bands_where_the_policy_scales",
            "test_shifts__trough_peak_and_divergence__move_the_layers_they_name",
        ),
        "done; bands move under a policy that scales with the regime",
    ),
    Idea(
        "Big Top temporal theta cash press",
        "layers.md#the-theta-press",
        ("hedge.policy.sizing_policy.sizing_policy", "hedge.layers.build.build_overlay"),
        (
            "test_press__compressed__harvests_within_the_budget_while_layers_2_and_3_stay",
            "test_press__rate_or_exchange_shock__ends_at_once",
        ),
        "measured, and kept as the strategies `rules` of [the backtest](backtest.md): it cost money",
    ),
    Idea(
        "CPI, PPI, FOMC, GDP surprises, IPO spill-over",
        "signals.md#macro-surprises",
        ("hedge.signals.calendar.event_signal", "hedge.signals.surprise.surprise_gauge"),
        (
            "test_surprises__cpi_2021_to_2026__october_2025_never_came",
            "test_selling__release_tomorrow_or_within_a_condors_life__is_refused",
            "test_surprise__last_cpi_far_off__scales_as_under_stress_where_the_policy_scales",
        ),
        "done; an IPO is an event of the calendar, and there is no source of IPO dates",
    ),
    Idea(
        "Interest rate differential, real effective exchange rate",
        "signals.md#funding-and-exchange-rate-shocks",
        ("hedge.signals.shocks.rate_differential", "hedge.signals.shocks.shock_gauge"),
        (
            "test_level_shock__btc_funding_2022_to_2025__known_when_paid_and_rarely_beyond_three",
            "test_choose_policy__rate_or_exchange_shock__sells_nothing",
        ),
        "done",
    ),
    Idea(
        "RSI on the VIX, MACD, advance-decline line",
        "signals.md#macd-rsi-bollinger-bands-atr",
        ("hedge.signals.indicators.rsi", "hedge.signals.indicators.macd", "hedge.signals.breadth.advance_decline_line"),
        (
            "test_rsi__by_hand__wilder_averages_from_a_plain_mean",
            "test_advance_decline_line__by_hand__sum_of_advances_minus_declines",
        ),
        "done",
    ),
    Idea(
        "Quick ratio (acid test) of market liquidity",
        "signals.md#the-quick-ratio",
        ("hedge.signals.liquidity.quick_ratio", "bridge.adapters.pool_depth.read_depth"),
        (
            "test_quick_ratios__due_grows__score_from_calm_to_full",
            "test_read_depth__price_falls_by_the_band__is_what_the_pool_pays",
        ),
        "done",
    ),
    Idea(
        "CAPM-implied volatility above its norm",
        "signals.md#capm-implied-volatility-above-its-norm",
        ("hedge.signals.capm.capm_vol", "hedge.signals.capm.over_norm"),
        ("test_capm_vol__market_vol_realised_in_the_window__is_the_assets_own_realised_vol",),
        "done",
    ),
    Idea(
        "Price-to-cash-flow of volatility products",
        "valuation.md#price-to-cash-flow",
        ("hedge.valuation.cash_flow.price_to_cash_flow", "hedge.valuation.cash_flow.option_cost_to_payoff"),
        ("test_option_cost_to_payoff__forecast_is_implied__one",),
        "done",
    ),
    Idea(
        "WACC, IRR, second engine / private leverage layer",
        "valuation.md#what-the-capital-costs-wacc-and-the-second-engine",
        ("hedge.valuation.capital.leverage_allowed", "hedge.valuation.overlay_return.overlay_return"),
        ("test_leverage_allowed__irr_against_costs__refused_below_either",),
        "done",
    ),
    Idea(
        "Time value, break-even point",
        "layers.md#time-value-and-break-even-points",
        (
            "hedge.instruments.layer.break_evens",
            "hedge.amm.break_even_vol",
            "hedge.layers.decay.decay_usd",
            "hedge.instruments.fees.Fees",
        ),
        (
            "test_break_even_vol__range__formula_with_theta",
            "test_condor__listed_strikes__has_shorts_in_the_band_and_wings_beyond",
            "test_max_loss_and_break_even__bought_put__count_premium_and_fee",
        ),
        "done",
    ),
    Idea(
        "DDM, P/E, market cap, REIT tokens, yield-bearing assets",
        "valuation.md#exposure-caps",
        ("hedge.valuation.ddm.gordon_value", "hedge.valuation.screens.cap_exposure"),
        ("test_cap_exposure__crowded_sector__scaled_the_rest_is_cash",),
        "done",
    ),
    Idea(
        "MEV, HFT front-running",
        "valuation.md#markouts-and-loss-versus-rebalancing",
        ("hedge.valuation.markouts.markouts", "hedge.valuation.markouts.lvr_of_path"),
        ("test_markouts__real_tape__agree_with_lvr_at_the_same_step",),
        "measured; private relay and slippage limits come later",
    ),
    Idea(
        "Multi-sig controls against rogue adjustments",
        "runbook.md",
        ("bridge.safe.multisig", "bridge.safe.actions", "bridge.governance.governor"),
        ("test_guardian__any_other_power_over_the_dao__none", "test_step__largest_and_one_more__accepted_and_refused"),
        "done",
    ),
    Idea(
        "DAO voting that automates layer adjustments from a volatility oracle",
        "governance.md#a-table-of-values-by-volatility",
        ("bridge.governance.regime_table.load_table", "bridge.governance.regime_table.send_row"),
        (
            "test_up__two_rows_at_once__steps_through_the_limits_of_the_parameters",
            "test_set_table__voted__anyone_applies_the_row_that_the_feed_selects",
        ),
        "done",
    ),
    Idea(
        "Steward against promoter",
        "layers.md#steward-and-promoter",
        ("hedge.decision.update.propose.propose_update", "hedge.decision.update.promoter.promote"),
        ("test_promoter__its_parameters__obey_the_rules_buy_no_protection_and_are_not_proposable",),
        "both policies done; both are strategies of [the backtest](backtest.md#strategies)",
    ),
    Idea(
        "The false binary, loyalty or motion",
        "valuation.md#hold-or-move",
        ("hedge.decision.programme.answer.answer", "hedge.valuation.motion.hold_or_move"),
        ("test_answer__holdings_at_the_optimum__hold", "test_hold_or_move__after_a_move__holds"),
        "done",
    ),
    Idea(
        "Diversify across chains and pray; IDO pools; ETF wrappers",
        "valuation.md#diversify-across-chains-and-pray",
        ("hedge.valuation.diversification.effective_bets", "hedge.valuation.diversification.joint_tail"),
        ("test_joint_tail__copies_of_one_pool__nothing_removed_though_independent_would",),
        "figure done; the baseline is the strategy `diversify` of [the backtest](backtest.md)",
    ),
    Idea(
        "Daily signals; education; risk disclaimer",
        "layers.md#reasons",
        ("bridge.cli.planning.plan", "bridge.plans.signals.read_signals", "hedge.plan.explain.reason_tree"),
        (
            "test_plan__snapshot_of_2026_with_its_signals__has_the_regime_of_that_day",
            "test_reasons__every_node__points_to_its_own_value_and_ends_in_inputs",
            "test_page__full_content__shows_decision_layers_steps_and_disclaimer",
        ),
        "done",
    ),
    Idea("Backtest and simulation against unhedged, delta-only and diversified", "", (), (), "later"),
)

HEAD: Final = """\
# Every idea, and where it is

The question behind this project names many ideas. Each row says which page explains the idea, which code it is, which
tests hold it, and its state. *Later* means that it is not built yet, and then nothing is linked.
`python -m scripts.ideas_page` writes this page: it finds every test in the suite. A test checks that the page is up to
date and that page, heading and code exist. The [glossary](glossary.md) explains the words.

| idea | page | code | tests | state |
|---|---|---|---|---|
"""


def defined_tests(folder: Path) -> dict[str, list[Path]]:
    """Return the files that define each test function below a folder, by its name."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.setdefault(node.name, []).append(path)
    return found


def test_link(name: str, defined: dict[str, list[Path]]) -> str:
    """Return a link from docs/ to the one file that defines a test.

    Raises
    ------
    LookupError
        No file defines it, or several do.
    """
    paths = defined.get(name, [])
    if len(paths) != 1:
        raise LookupError(f"{name} is defined in {len(paths)} files: {[str(path) for path in paths]}")
    return f"[`{name}`](../{paths[0].relative_to(ROOT).as_posix()})"


def page_link(target: str) -> str:
    """Return a link to a page of docs/, named as the page is."""
    return f"[{target.partition('.')[0]}]({target})" if target else ""


def render(ideas: Sequence[Idea], defined: dict[str, list[Path]]) -> str:
    """Return the page."""
    rows = []
    for idea in ideas:
        code = "<br>".join(f"`{name}`" for name in idea.code)
        tests = "<br>".join(test_link(name, defined) for name in idea.tests)
        rows.append(f"| {idea.name} | {page_link(idea.page)} | {code} | {tests} | {idea.state} |\n")
    return HEAD + "".join(rows)


def relinked(text: str, defined: dict[str, list[Path]]) -> str:
    """Return a page whose links to tests, and whose summary of files, say where the tests are.

    A test that several files define keeps its links. One that no file defines is an error, as in `test_link`.
    """

    def moved(link: re.Match[str]) -> str:
        return link[0] if len(defined.get(link[1], [])) > 1 else test_link(link[1], defined)

    pointed = TEST_LINK.sub(moved, text)
    sections = dict(section.split("\n", 1) for section in pointed.split("\n## ")[1:])

    def summed(row: re.Match[str]) -> str:
        files = {file.removeprefix("tests/") for _, file in TEST_LINK.findall(sections[row[2]])}
        return f"{row[1]} {', '.join(f'`{file}`' for file in sorted(files))} |"

    return SUMMARY_ROW.sub(summed, pointed)


def main() -> None:
    """Write docs/ideas.md, and the links of the other pages."""
    defined = defined_tests(ROOT / "tests")
    PAGE.write_text(render(IDEAS, defined), encoding="utf-8")
    for page in LINKED:
        page.write_text(relinked(page.read_text(encoding="utf-8"), defined), encoding="utf-8")
    print(*(page.relative_to(ROOT) for page in (PAGE, *LINKED)))


if __name__ == "__main__":
    main()
