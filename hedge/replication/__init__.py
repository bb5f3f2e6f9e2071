"""The strip of options that pays back a position's impermanent loss, and what that claim is worth.

Impermanent loss is concave, so minus IL is a convex claim: it is replicated by **long** options everywhere, puts below
the entry price and calls above, with density L / (2 K^1.5) on the range and no lump at its edges, where the value is
once differentiable. On listed strikes the best super-replication is the polygon through minus IL at the strikes: the
weight at a strike is the change of slope of its chords there (`strip_weights`). `replicate` fits the same pay-off, or
any other, to the quotes, lots and budget of a chain, with several expiries where asked.

Sources: Carr and Madan, "Towards a theory of volatility trading", 1998; Lipton, Lucic and Sepp, "Unified approach for
hedging impermanent loss of liquidity provision", 2024.
"""

from hedge.replication.claim import claim_value
from hedge.replication.fit import Replication, replicate
from hedge.replication.program import Allocation, Terms, Tradables, fit_payoffs
from hedge.replication.strip import Strip, strip_density, strip_payoff, strip_value, strip_weights
from hedge.replication.targets import GridTarget, LossTarget, Target

__all__ = [
    "Allocation",
    "GridTarget",
    "LossTarget",
    "Replication",
    "Strip",
    "Target",
    "Terms",
    "Tradables",
    "claim_value",
    "fit_payoffs",
    "replicate",
    "strip_density",
    "strip_payoff",
    "strip_value",
    "strip_weights",
]
