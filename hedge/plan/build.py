"""The plan: from a book, what is held, a market and option chains to trades, an answer and a proposed update.

Pure and deterministic: the same arguments give the same plan, bit for bit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from hedge.book.exposure import BookExposure, book_exposure
from hedge.book.positions import Book
from hedge.decision.attribution import LayerEffect, layer_effects, quoted_vol
from hedge.decision.benchmarks import benchmark_hedges
from hedge.decision.compare import Comparison, cheapest_reach, compare
from hedge.decision.decide import Decision, Evidence, decide
from hedge.decision.metrics import (
    LimitUse,
    NetGreeks,
    TailRisk,
    costs,
    greeks_dict,
    layers_of,
    limit_uses,
    net_greeks,
    tail_risk,
)
from hedge.decision.programme.answer import Answer, Verdict, answer
from hedge.decision.programme.goal import MONTH, Goal
from hedge.decision.programme.pose import NOTHING_KNOWN, Past, Posed, pose, redrawn
from hedge.decision.programme.scenarios import COUNT
from hedge.decision.trades import Trade, trades_of
from hedge.decision.update.propose import ProposedUpdate, propose_update
from hedge.errors import BadInput
from hedge.instruments.holdings import Holdings
from hedge.instruments.index_listing import IndexListing
from hedge.instruments.layer import Layer, LayerRole, all_legs
from hedge.instruments.listing import Listing
from hedge.instruments.option_chain import OptionChain, require_spot
from hedge.instruments.parity import ParityScan, scan_parity
from hedge.market import TAIL_SHARE, Market
from hedge.plan.explain import Node, reason_tree
from hedge.plan.inputs import own_inputs, plan_inputs, signal_inputs
from hedge.plan.notes import plan_notes
from hedge.policy.parameters import LastChange, Limits, OwnTerms, Parameters
from hedge.policy.regime_policy import RegimePolicy, choose_policy
from hedge.policy.tenor_shifts import shifted_bands
from hedge.risk.measures import cvar
from hedge.signals.regime import RegimeRules
from hedge.signals.signal import Signal
from hedge.units import BPS

if TYPE_CHECKING:
    import pandas as pd

NO_RISK: Final = TailRisk(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
NO_COSTS: Final = dict.fromkeys(
    ("cash_usd", "premium_usd", "credit_usd", "fees_usd", "exit_usd", "condor_max_loss_usd", "decay_30d_usd",
     "trading_cost_usd",
     "expected_cost_usd", "expected_cost_30d_usd", "budget_usd", "cost_budget_usd", "turnover_usd"), 0.0,
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """Hold the answer and everything that it rests on.

    Parameters
    ----------
    decision : answer, reasons and numbers. trades : the ticket from what is held to the layers; empty where the
        programme does not trade. Where the answer is to leave the pool it is for one that stays.
    layers : what is held from then on, by asset, then layer by number; empty ones with a reason.
    greeks : net greeks per asset, keyed ``unhedged``, ``protected`` (with what is bought), ``hedged`` (and the condor).
    risk : CVaR95 at each stage. limits : every limit of the programme, its use and its price.
    update : proposed parameters. effects : net gamma, vega and CVaR95 with and without each layer.
    comparison : the plan beside its benchmarks, and the frontier. regime_policy : the regime that signals give, and
        what it leaves of the budgets. parity : per asset, the forwards that its chain implies.
    costs : USD. scenarios : what they were drawn from, in words. holdings : what was held.
    notes : what the reader must know, such as an asset without a chain.
    inputs : every argument in canonical JSON types; their hash identifies the plan.
    own_updates : as `update`, of assets with a ledger of their own.
    """

    decision: Decision
    exposure: BookExposure
    trades: tuple[Trade, ...]
    layers: tuple[Layer, ...]
    greeks: Mapping[str, Mapping[str, NetGreeks]]
    risk: TailRisk
    limits: tuple[LimitUse, ...]
    effects: tuple[LayerEffect, ...]
    comparison: Comparison
    regime_policy: RegimePolicy
    parity: Mapping[str, ParityScan]
    update: ProposedUpdate
    costs: Mapping[str, float]
    scenarios: str
    holdings: Holdings
    notes: tuple[str, ...]
    inputs: Mapping[str, Any]
    own_updates: Mapping[str, ProposedUpdate] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types in a fixed order, floats exact, NaN and infinity as None."""
        risk = {f"{name}_usd": value for name, value in vars(self.risk).items() if name != "horizon_days"}
        content = {
            "decision": self.decision.to_dict(),
            "exposure": self.exposure.to_dict(),
            "trades": [trade.to_dict() for trade in self.trades],
            "layers": [layer.to_dict() for layer in self.layers],
            "greeks": {stage: greeks_dict(greeks) for stage, greeks in self.greeks.items()},
            "cvar": {"level": 1.0 - TAIL_SHARE, "horizon_days": self.risk.horizon_days, **risk},
            "limits": [limit.to_dict() for limit in self.limits],
            "update": self.update.to_dict(),
            "costs": dict(self.costs),
            "scenarios": self.scenarios,
            "notes": list(self.notes),
            "inputs": dict(self.inputs),
            "regime": self.regime_policy.to_dict(),
            "comparison": self.comparison.to_dict(),
            "effects": [effect.to_dict() for effect in self.effects],
            "parity": {asset: scan.to_dict() for asset, scan in self.parity.items()},
        }
        if self.own_updates:
            content["own_updates"] = {asset: update.to_dict() for asset, update in self.own_updates.items()}
        return {**content, "reasons": reason_tree(content)}

    def to_frame(self) -> pd.DataFrame:
        """Return the trades as a table, one row each; see `hedge.plan.notebook.trade_frame`."""
        from hedge.plan.notebook import trade_frame  # only who asks for a table waits for pandas

        return trade_frame(self.trades)

    def _repr_html_(self) -> str:
        """Return the answer, its reasons and the trades as a notebook shows them."""
        from hedge.plan.notebook import plan_html

        return plan_html(self)

    @property
    def reasons(self) -> Node:
        """Return the tree of every number that decided something, down to the inputs; see `hedge.plan.explain`."""
        tree: Node = self.to_dict()["reasons"]
        return tree


def build_plan(
    book: Book,
    market: Market,
    chains: Mapping[str, OptionChain],
    parameters: Parameters,
    limits: Mapping[int, Limits] | None = None,
    last_changes: Mapping[int, LastChange] | None = None,
    *,
    holdings: Holdings | None = None,
    past: Past = NOTHING_KNOWN,
    signals: Sequence[Signal] = (),
    rules: RegimeRules | None = None,
    expected: Collection[str] = (),
    at: int | None = None,
    scenario_count: int = COUNT,
    indices: Mapping[str, IndexListing] | None = None,
    exposure: BookExposure | None = None,
    own: Mapping[str, OwnTerms] | None = None,
) -> Plan:
    """Decide whether and how to hedge a book, from what is held, and which parameters to propose.

    Parameters
    ----------
    chains, indices : per asset, its options and what is listed on its volatility index; one without chain is noted.
    limits, last_changes : as in `hedge.decision.update.propose`. holdings : options, perpetuals, cash; none by default.
    past : prices and volatility indices that scenarios are drawn from; without it they are lognormal with jumps.
    signals, rules, expected : as in `hedge.signals.combine`; without any signal no condor is sold.
    at : unix seconds of the proposal; the market's observation by default. scenario_count : most scenarios, >= 20.
    exposure : of this book at this market, where the caller has it already; it is not computed again.
    own : what ledgers of single assets say: `LEG_KEYS` of them bound that asset's legs, all else is the main one's.

    Raises
    ------
    ChainMismatch, BadInput : a chain was seen at a spot more than 5 % from the market's, or is another asset's; an
        option is held sold that is not part of a condor.
    UnknownAsset, MissingCorrelation, InvalidMarket : the market does not describe the book.

    Examples
    --------
    >>> from hedge.book.positions import ConcentratedPosition
    >>> from hedge.instruments.synthetic_chain import synthetic_chain
    >>> market = Market(1_770_000_000, {"ETH": 2_000.0}, {"ETH": 0.6}, {}, "stated")
    >>> pool = ConcentratedPosition.from_value(1e6, "ETH", "USD", market, 1_600.0, 2_500.0, fee_apr=0.4)
    >>> quotes = {"ETH": synthetic_chain("ETH", 2_000.0, market.observed_at, 0.6)}
    >>> plan = build_plan(Book((pool,)), market, quotes, Parameters(), scenario_count=256)
    >>> print(plan.decision.headline)
    hedge
    >>> plan.risk.hedged < plan.risk.unhedged, len(plan.to_frame()) == len(plan.trades) > 0
    (True, True)
    """
    at, listed, held = market.observed_at if at is None else at, indices or {}, holdings or Holdings()
    apart = {asset: terms for asset, terms in sorted((own or {}).items()) if asset in book.assets}
    policy = choose_policy(signals, at, _longest_sold(parameters, apart), rules, expected)
    exposure = exposure or book_exposure(book, market, moves=False)
    _check_market(book, market, chains)
    run = {"at": at, "scenarios": scenario_count, "holdings": held.to_dict(), "past": past_inputs(past, market)}
    given = plan_inputs(book, market, chains, listed, parameters, limits, last_changes)
    inputs = given | run | signal_inputs(signals, rules, expected) | own_inputs(apart)
    if not book.assets or exposure.value_usd <= 0.0:
        return _worthless(exposure, policy, chains, parameters, held, inputs)
    goal = _goal(parameters, apart, policy, exposure.value_usd, scenario_count)
    quoted = {asset: chains[asset] for asset in book.assets if asset in chains}
    listings = {asset: Listing.of_chain(chain, {}) for asset, chain in quoted.items()}
    posed = pose(goal, book, market, listings, held, past, listed)
    found = answer(posed.problem, parameters.rehedge_bps / BPS)
    update = propose_update(posed, found, parameters, limits, last_changes, at)
    notes = plan_notes(exposure, posed, listed, limits, signals, policy)
    plan = _assembled(exposure, posed, found, quoted, update, policy, notes, inputs, past)
    theirs = {asset: propose_update(posed, found, *terms, at, asset) for asset, terms in apart.items()}
    return replace(plan, own_updates=theirs) if theirs else plan


def _longest_sold(parameters: Parameters, apart: Mapping[str, OwnTerms]) -> Parameters:
    """Return the parameters with the longest tenor of a condor on any asset: across a release none of them is sold."""
    days = [parameters.condor_tenor_days, *(terms.parameters.condor_tenor_days for terms in apart.values())]
    return replace(parameters, condor_tenor_days=max(days))


def _goal(
    parameters: Parameters, apart: Mapping[str, OwnTerms], policy: RegimePolicy, value_usd: float, count: int
) -> Goal:
    """Return the goal under the regime's policy, the tenor bands of every ledger shifted."""
    own = {
        asset: shifted_bands(parameters.with_legs_of(terms.parameters), policy.shifts) for asset, terms in apart.items()
    }
    shifted = shifted_bands(parameters, policy.shifts)
    return Goal(shifted, value_usd, policy.scale, policy.selling, scenarios=count, own=own)


def past_inputs(past: Past, market: Market) -> dict[str, Any]:
    """Return what identifies the past in a plan's inputs: per asset the count of what was known, and a digest of it.

    The digest is SHA-256 over one line per moment, values in hexadecimal: equal exactly where all bits are.
    """
    found: dict[str, Any] = {}
    for name, series in (("prices", past.prices), ("indices", past.indices)):
        for asset in sorted(series):
            known = series[asset].times <= market.observed_at
            times, values = series[asset].times[known].tolist(), series[asset].values[known].tolist()
            lines = "\n".join(f"{time}|{value.hex()}" for time, value in zip(times, values, strict=True))
            found[f"{name} of {asset}"] = {"count": len(values), "sha256": hashlib.sha256(lines.encode()).hexdigest()}
    return found


def _assembled(
    exposure: BookExposure,
    posed: Posed,
    found: Answer,
    chains: Mapping[str, OptionChain],
    update: ProposedUpdate,
    policy: RegimePolicy,
    notes: tuple[str, ...],
    inputs: Mapping[str, Any],
    past: Past,
) -> Plan:
    """Judge what the programme holds and put the plan together."""
    layers = layers_of(posed, found.units, chains)
    trades = trades_of(posed, found.units, chains) if found.verdict is Verdict.TRADE else ()
    month = redrawn(posed, MONTH, past)
    risk = tail_risk(posed, found, (cvar(month.exposure), cvar(month.profit(found.units))))
    spent = costs(posed, found, layers, trades)
    evidence = Evidence(found, risk, spent, _reach(posed, found), quoted_vol(exposure, chains), len(all_legs(layers)))
    benchmarks = benchmark_hedges(posed.book, exposure.assets, posed.market, chains)
    return Plan(
        decision=decide(exposure, evidence),
        exposure=exposure,
        trades=trades,
        layers=layers,
        greeks=_stages(exposure, layers),
        risk=risk,
        limits=limit_uses(posed, found),
        effects=layer_effects(exposure, layers, posed, found.units),
        comparison=compare(posed, found, benchmarks, chains),
        regime_policy=policy,
        parity={asset: scan_parity(chain) for asset, chain in chains.items()},
        update=update,
        costs=spent,
        scenarios=posed.drawn.source,
        holdings=posed.held,
        notes=(*notes, *_cash_note(spent["cash_usd"], posed.held)),
        inputs=inputs,
    )


def _cash_note(spent: float, held: Holdings) -> tuple[str, ...]:
    """Say that the trades cost more cash than is held, where that is known."""
    if not spent > held.cash_usd:  # NaN where it is not known
        return ()
    return (f"The trades cost {spent:,.0f} USD and {held.cash_usd:,.0f} USD of cash are held.",)


def _reach(posed: Posed, found: Answer) -> str:
    """Say which budget would reach the target; empty where it is reached."""
    problem = posed.problem
    if found.cvar_after <= problem.target * (1.0 + 1e-9):
        return ""
    if found.optimum is not None and found.optimum.cvar <= problem.target * (1.0 + 1e-6):
        return "the budgets reach it in parts of lots"
    cheapest = cheapest_reach(problem, found.optimum)
    if cheapest is None:
        return (
            "nothing that the bands, lots, the share of the delta, the notional and the turnover admit reaches it, "
            "whatever the budget"
        )
    cost = problem.expected_cost(cheapest.units) * MONTH / posed.goal.horizon_days
    cash = problem.tied_up(cheapest.units)
    given = [posed.goal.share(key, scaled=True) for key in ("costBudgetBps", "cashBudgetBps")]
    return (
        f"the cheapest budget that would is {cost:,.0f} USD of expected cost in 30 days and {cash:,.0f} USD of cash, "
        f"where {given[0]:,.0f} and {given[1]:,.0f} are governed"
    )


def _worthless(
    exposure: BookExposure,
    policy: RegimePolicy,
    chains: Mapping[str, OptionChain],
    parameters: Parameters,
    held: Holdings,
    inputs: Mapping[str, Any],
) -> Plan:
    """Return the plan of a book that is worth nothing."""
    update = propose_update(None, None, parameters, None, None, 0)
    decision = decide(exposure, Evidence(None, NO_RISK, NO_COSTS))
    notes = ("The book is worth nothing.",)
    return Plan(
        decision, exposure, (), (), _stages(exposure, ()), NO_RISK, (), (), Comparison(), policy, {}, update, NO_COSTS,
        "", held, notes, inputs,
    )  # fmt: skip


def _check_market(book: Book, market: Market, chains: Mapping[str, OptionChain]) -> None:
    market.require_vols(book.assets)
    for asset, chain in chains.items():
        if chain.underlying != asset:
            raise BadInput(f"chains[{asset}]", chain.underlying, "must be the chain of the asset it is listed under")
        require_spot(chain, market.spot(asset))


def _stages(exposure: BookExposure, layers: tuple[Layer, ...]) -> dict[str, dict[str, NetGreeks]]:
    bought = tuple(layer for layer in layers if layer.role is LayerRole.PROTECTION)
    stages = {"unhedged": (), "protected": bought, "hedged": layers}
    return {stage: net_greeks(exposure, included) for stage, included in stages.items()}
