"""No governed key is dead: moving it between its bounds changes the trades or the answer of a plan."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache

import pytest
from sample_books import CALM, MARKET, NOW, position
from sample_chains import Humped

from hedge.book.positions import Book
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.plan.build import build_plan
from hedge.policy.parameters import KEYS, LEG_KEYS, Key, OwnTerms, Parameters, broken_rules
from hedge.signals.signal import Signal, State

pytestmark = pytest.mark.unit

BOOKS = {
    "range": Book((position("eth", 1e6),)),
    "full range": Book((position("eth", 1e6, lower=0.0, upper=math.inf),)),
    "half out of range": Book((position("in", 5e5), position("out", 5e5, lower=2500.0, upper=3000.0))),
}
CRISIS = (Signal("volatility", 0.9, State.CRISIS, NOW - 60, 3600, "fixed for tests"),)
BASES = (
    Parameters(),
    Parameters(target_cvar_bps=0),
    Parameters(target_cvar_bps=0, delta_share_bps=0, cash_budget_bps=2, cost_budget_bps=2,
               volatility_premium_cap_bps=2, tail_premium_cap_bps=2),
)  # fmt: skip
"""Values of the other keys: the first ones, all that the budgets give, and budgets that buy next to nothing."""
SHARES = (0.0, 0.02, 0.1, 0.2, 0.5, 1.0)
"""Of a key's range, where it is tried."""


@cache
def chain() -> OptionChain:
    """Return a chain on which a condor pays, so that the keys of what is sold have something to move."""
    return synthetic_chain("ETH", 2000.0, NOW, 0.65, Humped())


@cache
def told(
    book: str, parameters: Parameters, signals: tuple[Signal, ...], own: Parameters | None = None
) -> tuple[str, ...]:
    """Return the answer of a plan and its trades; `own` : of a ledger that ETH has of its own."""
    apart = {"ETH": OwnTerms(own)} if own else {}
    plan = build_plan(BOOKS[book], MARKET, {"ETH": chain()}, parameters, signals=signals, scenario_count=256, own=apart)
    ticket = (f"{trade.side} {trade.quantity:g} {trade.instrument}" for trade in plan.trades)
    return (plan.decision.answer, *ticket)


def tries(key: Key) -> Iterator[tuple[Parameters, Parameters]]:
    """Yield lawful parameters that differ in one key alone."""
    for base in BASES:
        for share in SHARES:
            moved = base.replaced({key.id: round(key.least + share * (key.most - key.least))})
            if moved != base and not broken_rules(moved):
                yield base, moved


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_key__moved_within_its_bounds__changes_trades_or_answer(key: Key) -> None:
    signals = CRISIS if key.name == "regimePolicy" else CALM
    assert any(told(book, base, signals) != told(book, moved, signals) for base, moved in tries(key) for book in BOOKS)


@pytest.mark.parametrize("key", [key for key in KEYS if key.name in LEG_KEYS], ids=lambda key: key.name)
def test_key__of_an_assets_own_ledger_moved__changes_trades_or_answer(key: Key) -> None:
    assert any(
        told(book, base, CALM, base) != told(book, base, CALM, moved) for base, moved in tries(key) for book in BOOKS
    )


@pytest.mark.parametrize("book", BOOKS)
def test_books__of_every_kind__get_trades(book: str) -> None:
    """Guard the guard: a book that is never traded would prove no key alive."""
    assert len(told(book, Parameters(), CALM)) > 1


def test_bases__of_the_other_keys__are_lawful() -> None:
    assert not any(broken_rules(base) for base in BASES)
