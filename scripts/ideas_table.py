"""Every idea of the question behind the project: its page, code, tests and state, and the commands that show it."""

from __future__ import annotations

from typing import Final, NamedTuple


class Shown(NamedTuple):
    """Hold a command with its flags, and what it prints, or writes into its page, of an idea.

    One that comes later has no words.
    """

    command: str
    words: tuple[str, ...]


class Idea(NamedTuple):
    """Hold one idea: the page that explains it, the code that is it, the tests that hold it, its state, what shows it.

    A row whose state is `later` has neither page nor code nor tests.
    """

    name: str
    page: str
    code: tuple[str, ...]
    tests: tuple[str, ...]
    state: str
    shown: tuple[Shown, ...] = ()


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
        (Shown("alvh plan", ("core iron condor",)),),
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
        (Shown("alvh plan", ("volatility hedge",)),),
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
        (Shown("alvh plan", ("temporal theta guard",)),),
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
        (Shown("alvh plan", ("Conversion and reversal",)),),
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
        (
            Shown(
                "alvh plan --signals DIR --set regimePolicy=1",
                ("time shift: the tenor band of the volatility layer moves",),
            ),
        ),
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
        (Shown("alvh backtest --strategy rules", ("rules",)),),
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
        (Shown("alvh plan --signals DIR --report FILE", ("CPI", "PPI", "FOMC", "output", "events")),),
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
        (Shown("alvh plan --signals DIR --report FILE", ("funding", "dollar")),),
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
        (Shown("alvh plan --signals DIR --report FILE", ("index RSI", "MACD turn", "divergence")),),
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
        (Shown("alvh plan", ("quick ratio",)),),
    ),
    Idea(
        "CAPM-implied volatility above its norm",
        "signals.md#capm-implied-volatility-above-its-norm",
        ("hedge.signals.capm.capm_vol", "hedge.signals.capm.over_norm"),
        ("test_capm_vol__market_vol_realised_in_the_window__is_the_assets_own_realised_vol",),
        "done",
        (Shown("alvh plan --signals DIR --report FILE", ("CAPM volatility",)),),
    ),
    Idea(
        "Price-to-cash-flow of volatility products",
        "valuation.md#price-to-cash-flow",
        ("hedge.valuation.cash_flow.price_to_cash_flow", "hedge.valuation.cash_flow.option_cost_to_payoff"),
        (
            "test_option_cost_to_payoff__forecast_is_implied__one",
            "test_pool_cash_flows__full_range__bound_is_eight_over_variance",
            "test_leg_worths__bought_and_sold__only_what_is_bought_fee_in",
        ),
        "done",
        (Shown("alvh exposure", ("Price over cash flow",)), Shown("alvh plan", ("Price over expected pay-off",))),
    ),
    Idea(
        "WACC, IRR, second engine / private leverage layer",
        "valuation.md#what-the-capital-costs-wacc-and-the-second-engine",
        ("hedge.valuation.capital.leverage_allowed", "hedge.valuation.hedge_return.hedge_return"),
        (
            "test_leverage_allowed__irr_against_costs__refused_below_either",
            "test_hedge_return__costs_stated__leverage_only_above_the_wacc",
        ),
        "done",
        (Shown("alvh hedge list --returns", ("IRR", "WACC 8.00%", "leverage refused", "with what is borrowed")),),
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
        (Shown("alvh plan", ("Time value and break-even points",)),),
    ),
    Idea(
        "DDM, P/E, market cap, REIT tokens, yield-bearing assets",
        "valuation.md#exposure-caps",
        (
            "hedge.valuation.ddm.gordon_value",
            "hedge.valuation.screens.cap_exposure",
            "bridge.plans.screens.read_screens",
        ),
        (
            "test_cap_exposure__crowded_sector__scaled_the_rest_is_cash",
            "test_read_screens__dear_yield__is_cut_with_every_reason",
        ),
        "done",
        (
            Shown(
                "alvh plan --screens FILE",
                ("Exposure that the screens allow", "yield-bearing", "times fair value", "P/E"),
            ),
        ),
    ),
    Idea(
        "MEV, HFT front-running",
        "valuation.md#markouts-and-loss-versus-rebalancing",
        (
            "hedge.valuation.markouts.markouts",
            "hedge.valuation.markouts.lvr_of_path",
            "hedge.valuation.swap_tape.read_tape",
        ),
        ("test_markouts__real_tape__agree_with_lvr_at_the_same_step", "test_exposure__swaps__markouts_and_lvr"),
        "measured; private relay and slippage limits come later",
        (Shown("alvh exposure --swaps FILE", ("Markouts of", "LVR of the path")),),
    ),
    Idea(
        "Multi-sig controls against rogue adjustments",
        "governance.md#roles-and-permissions",
        ("bridge.safe.multisig", "bridge.safe.actions", "bridge.governance.governor"),
        ("test_guardian__any_other_power_over_the_dao__none", "test_step__largest_and_one_more__accepted_and_refused"),
        "done",
        (Shown("alvh safe propose", ("Stop every update until the DAO ends it",)),),
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
        (Shown("alvh oracle status", ("automation: ",)),),
    ),
    Idea(
        "Steward against promoter",
        "layers.md#steward-and-promoter",
        (
            "hedge.decision.update.propose.propose_update",
            "hedge.decision.update.promoter.promote",
            "hedge.plan.chase.chase",
        ),
        (
            "test_promoter__its_parameters__obey_the_rules_buy_no_protection_and_are_not_proposable",
            "test_chase__quoted_chain__sells_condors_up_to_its_cap_and_worsens_the_tail",
            "test_propose__promoters_plan__cannot_be_taken",
        ),
        "both policies done; both are strategies of [the backtest](backtest.md#strategies)",
        (
            Shown("alvh plan --as-promoter", ("Steward and promoter", "promoter, unchecked")),
            Shown("alvh backtest --strategy promoter", ("promoter",)),
        ),
    ),
    Idea(
        "The false binary, loyalty or motion",
        "valuation.md#hold-or-move",
        (
            "hedge.decision.programme.answer.answer",
            "hedge.valuation.motion.hold_or_move",
            "hedge.decision.motions.position_motions",
        ),
        (
            "test_answer__holdings_at_the_optimum__hold",
            "test_hold_or_move__after_a_move__holds",
            "test_position_motions__near_the_edge__moves_where_drift_is_dear_and_holds_where_trading_is",
        ),
        "done",
        (Shown("alvh plan", ("Hold or move",)),),
    ),
    Idea(
        "Diversify across chains and pray; IDO pools; ETF wrappers",
        "valuation.md#diversify-across-chains-and-pray",
        (
            "hedge.valuation.diversification.effective_bets",
            "hedge.valuation.diversification.joint_tail",
            "hedge.valuation.pool_bets.pool_bets",
        ),
        (
            "test_joint_tail__copies_of_one_pool__nothing_removed_though_independent_would",
            "test_pool_bets__same_pool_on_two_chains__one_bet_and_the_whole_tail",
        ),
        "done; the baseline is the strategy `diversify` of [the backtest](backtest.md)",
        (
            Shown("alvh exposure", ("Diversified, or praying?",)),
            Shown("alvh backtest --strategy diversify", ("diversify",)),
        ),
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
        (Shown("alvh plan --report FILE", ("Risk disclaimer", "How to read it")),),
    ),
    Idea(
        "Backtest and simulation against unhedged, delta-only and diversified",
        "backtest.md",
        ("hedge.backtest.strategies", "bridge.study.study.run_study", "hedge.simulate.hedged_lp.lp_profits"),
        (
            "test_backtest__nothing_but_its_package__ends_with_figures_and_a_page",
            "test_simulate__one_and_two_workers__have_the_same_bits",
        ),
        "done; [simulated paths](simulate.md) beside [the market's own history](backtest.md)",
        (
            Shown("alvh backtest", ("unhedged", "diversify", "daily_delta")),
            Shown("alvh simulate", ("unhedged", "static delta", "daily delta")),
        ),
    ),
)
