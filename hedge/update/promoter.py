"""The promoter: what a yield-chaser would set, as a baseline for backtests. It can never be proposed.

It ignores the market's regime and the gate, spends nothing on protection, and sells as many condors as the bounds and
the rules across keys allow. `alvh propose` takes plans, and plans hold the steward's update alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hedge.policy.parameters import KEYS, Parameters


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
    chased = parameters.replaced(
        {
            0: KEYS[0].most,
            3: min(KEYS[3].most, KEYS[11].most),
            4: KEYS[4].most,
            8: 0,
            11: KEYS[11].most,
            12: 0,
            13: 0,
            14: KEYS[14].most,
            15: KEYS[15].most,
            17: KEYS[17].most,
        }
    )
    reasons = (
        "no premium for layers 2 and 3: protection costs yield",
        "short strikes as near as the band allows, the largest size: credit is yield",
        "caps of gamma and CVaR95 at their bounds: a gate costs yield",
    )
    return PromoterPolicy(chased, reasons)
