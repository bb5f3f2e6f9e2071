"""The gate on the sold condor: the sign trap, and how its numbers bind."""

import dataclasses

import numpy as np
import pytest
from sample_books import CHAINS, MARKET, position

from hedge.book.exposure import book_exposure
from hedge.book.positions import Book
from hedge.layers.build import Overlay, build_overlay
from hedge.layers.gate import Carrier, Condor, gate_condor
from hedge.policy.layer_rules import LayerRules
from hedge.risk.measures import book_pnl, cvar
from hedge.risk.scenarios import draw_scenarios

pytestmark = pytest.mark.unit

BOOK = Book((position("eth", 1e6),))
SCENARIOS = draw_scenarios(("ETH",), MARKET)


def overlay(parameters: LayerRules) -> Overlay:
    """Return the overlay of one v3 position on ETH."""
    exposure, pnl = book_exposure(BOOK, MARKET), book_pnl(BOOK, MARKET, SCENARIOS)
    return build_overlay(exposure, MARKET, {"ETH": CHAINS["ETH"]}, parameters, pnl, SCENARIOS)


def test_sign_trap__layers_2_and_3_off__refuses_the_sold_condor_by_gamma_and_cvar() -> None:
    result = overlay(LayerRules(volatility_premium_cap_bps=0, tail_premium_cap_bps=0))
    (gate,) = result.gate.condors
    assert gate.asked > 0.0
    assert (gate.accepted, gate.refused) == (0.0, gate.asked)
    assert gate.refused_by == ("net gamma", "CVaR95")
    assert all(layer.legs == () for layer in result.layers)
    assert result.gate.risk.hedged == result.gate.risk.unhedged


def test_sign_trap__sold_condor_on_the_bare_book__worsens_gamma_and_cvar_at_the_asked_size() -> None:
    (gate,) = overlay(LayerRules(volatility_premium_cap_bps=0, tail_premium_cap_bps=0)).gate.condors
    gamma, tail = gate.bounds
    assert gamma.at_asked < gamma.before == gamma.limit < 0.0
    assert tail.at_asked > tail.before == tail.limit > 0.0


def test_gate__layers_2_and_3_on__accepts_only_what_they_freed() -> None:
    result = overlay(LayerRules(condor_size_cap_bps=5000))
    (gate,) = result.gate.condors
    assert 0.0 < gate.accepted < gate.asked
    assert gate.refused_by == ("net gamma",)
    legs = [layer.greeks.gamma for layer in result.layers]
    unhedged = book_exposure(BOOK, MARKET).assets["ETH"].gamma
    unit = result.layers[2].greeks.gamma / gate.accepted
    assert unhedged + sum(legs) >= unhedged
    assert unhedged + sum(legs) + 0.1 * unit < unhedged


def test_gate__tight_cvar_cap__refuses_everything_and_names_cvar() -> None:
    (gate,) = overlay(LayerRules(cvar_cap_bps=100)).gate.condors
    assert gate.accepted == 0.0
    assert "CVaR95" in gate.refused_by


def test_gate__gamma_cap_above_one__lets_cvar_bind_below_the_unhedged() -> None:
    result = overlay(LayerRules(gamma_cap_bps=15_000, condor_size_cap_bps=5000, tail_premium_cap_bps=20))
    risk = result.gate.risk
    assert "CVaR95" in result.gate.condors[0].refused_by
    assert risk.protected < risk.hedged <= risk.unhedged


def test_gate_condor__cvar_bound__is_the_last_lot_within_the_limit() -> None:
    rng = np.random.default_rng(3)
    pnl, unit = rng.normal(0.0, 100.0, 1024), rng.normal(-0.5, 1.0, 1024)
    carrier = Carrier(-10.0, -5.0, pnl, cvar(pnl) + 20.0)
    condor = Condor("ETH", 1.0, 0.5, -1e-9, unit)
    gate = gate_condor(condor, 100.0, carrier, 1000.0, LayerRules())
    units = gate.bounds[1].units
    assert cvar(pnl + units * unit) <= carrier.cvar_limit < cvar(pnl + (units + 0.5) * unit)


def test_gate__zero_size_cap__still_says_what_risk_would_allow() -> None:
    (gate,) = overlay(dataclasses.replace(LayerRules(), condor_size_cap_bps=0)).gate.condors
    assert gate.asked == gate.accepted == 0.0
    assert gate.risk_units > 0.0
