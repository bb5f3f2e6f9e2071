"""The strip of options that pays back a position's impermanent loss, and what that claim is worth.

Impermanent loss is concave, so minus IL is a convex claim: it is replicated by **long** options everywhere, puts below
the entry price and calls above, with density L / (2 K^1.5) on the range and no lump at its edges, where the value is
once differentiable. On listed strikes the best super-replication is the polygon through minus IL at the strikes: the
weight at a strike is the change of slope of its chords there.

Sources: Carr and Madan, "Towards a theory of volatility trading", 1998; Lipton, Lucic and Sepp, "Unified approach for
hedging impermanent loss of liquidity provision", 2024.
"""

from hedge.replication.claim import claim_value
from hedge.replication.strip import Strip, strip_density, strip_payoff, strip_value, strip_weights

__all__ = ["Strip", "claim_value", "strip_density", "strip_payoff", "strip_value", "strip_weights"]
