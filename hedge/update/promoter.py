"""The promoter: what a yield-chaser would set, as a baseline for backtests. It can never be proposed.

It ignores the market's regime and the gate, spends nothing on protection, and sells as many condors as the bounds and
the rules across keys allow. `alvh propose` takes plans, and plans hold the steward's update alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from hedge.policy.parameters import KEY_IDS, KEYS, Parameters

AT_THEIR_BOUND: Final = ("condorShortDeltaBps", "condorNotionalCapUsd", "tailCoverageBps", "gammaCapBps", "cvarCapBps",
                         "overlayNotionalCapUsd")  # fmt: skip
UNPROTECTED: Final = ("volatilityPremiumCapBps", "tailPremiumCapBps", "budgetBps")


@dataclass(frozen=True)
class PromoterPolicy:
    """Hold the parameters of the baseline and what it does with them; `proposable` is False by type."""

    parameters: Parameters
    reasons: tuple[str, ...]
    proposable: ClassVar[bool] = False


def promote(parameters: Parameters) -> PromoterPolicy:
    """Return what the promoter makes of the parameters in force: no protection, every condor the bounds allow.

    Examples
    --------
    >>> promote(Parameters()).parameters.tail_premium_cap_bps
    0
    """
    values = {KEY_IDS[name]: _most(name) for name in AT_THEIR_BOUND}
    values[KEY_IDS["condorSizeCapBps"]] = min(_most("condorSizeCapBps"), _most("tailCoverageBps"))
    values |= {KEY_IDS[name]: 0 for name in UNPROTECTED}
    chased = parameters.replaced(values)
    reasons = (
        "no premium for protection: it costs yield",
        "short strikes as near as the band allows, the largest size: credit is yield",
        "caps of gamma and CVaR95 at their bounds: a gate costs yield",
    )
    return PromoterPolicy(chased, reasons)


def _most(name: str) -> int:
    return KEYS[KEY_IDS[name]].most
