"""The promoter: the counterfactual of a yield-chaser, to compare with and never to vote on.

No protection, every condor that the bounds and the rules across keys allow. `alvh propose` takes plans, and plans hold
the steward's update alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from hedge.policy.parameters import KEY_IDS, KEYS, Parameters

AT_THEIR_BOUND: Final = ("condorNotionalCapBps", "condorTenorDays", "gammaCapBps", "overlayNotionalCapBps")
UNPROTECTED: Final = ("volatilityPremiumCapBps", "tailPremiumCapBps", "deltaShareBps", "targetCvarBps")


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
    values = {KEY_IDS[name]: KEYS[KEY_IDS[name]].most for name in AT_THEIR_BOUND}
    values[KEY_IDS["condorShortDeltaBps"]] = parameters.tail_most_delta_bps
    values |= {KEY_IDS[name]: 0 for name in UNPROTECTED}
    chased = parameters.replaced(values)
    reasons = (
        "no premium for protection: it costs yield",
        "short strikes as near as the rules allow, the largest size: credit is yield",
        "the cap on gamma at its bound: a gate costs yield",
    )
    return PromoterPolicy(chased, reasons)
