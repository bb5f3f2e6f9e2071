"""Draw smiles out of arbitrage, as near to their quotes as that allows.

From the last expiry to the first: the quotes of late expiries span the widest strikes, so they may bound the wings that
an early expiry only extrapolates. A smile with arbitrage is fitted again between walls (`walls`), softly and then hard.
What is left is removed by moving on a line of parameters towards a smile that is free by construction:

    the last expiry    flat at its own level: g = 1
    any other one      the later smile scaled by less than 1: below it everywhere, and scaling down keeps g >= 0, also
                       of every mixture of the two
"""

import numpy as np

from hedge.volatility.surface import fitting
from hedge.volatility.surface.arbitrage import STEEPEST, find_between, find_butterfly, find_calendar
from hedge.volatility.surface.constrained_fit import constraints_of, fit_between
from hedge.volatility.surface.coordinates import point_of, smile_at
from hedge.volatility.surface.fitting import Fitted, Target
from hedge.volatility.surface.svi import Svi

_PENALTIES = (30.0, 1000.0)
_ROOM = 1e-3
"""Least g, and share of total variance below the later smile's: what the check's grid may miss between its points."""
_TAME = 4.0
"""A first fit with wings steeper than this many times what is allowed is no start for the second."""
_STEPS = 32
"""Steps on the line to the free smile."""


def repair_smiles(goals: tuple[Target, ...], fitted: tuple[Fitted, ...]) -> tuple[Fitted, ...]:
    """Return smiles without butterfly or calendar arbitrage; expiries ascend. Smiles without any are kept as they are.

    iterations count the first fit too.
    """
    repaired: list[Fitted] = []
    later: Svi | None = None
    for goal, found in zip(reversed(goals), reversed(fitted), strict=True):
        repaired.append(found if _free(found.smile, later) else _repaired(goal, found, later))
        later = repaired[-1].smile
    return tuple(reversed(repaired))


def _free(smile: Svi, later: Svi | None) -> bool:
    if find_butterfly(0.0, smile, least=_ROOM) is not None:
        return False
    if later is None:
        return True
    if find_calendar(0.0, 1.0, smile, later.scaled(1.0 - _ROOM)) is not None:
        return False
    return find_between(0.0, 1.0, smile, later, least=_ROOM) is None


def _repaired(goal: Target, found: Fitted, later: Svi | None) -> Fitted:
    iterations = found.iterations
    tame = found.smile.b > 0.0 and max(found.smile.slopes) <= _TAME * STEEPEST
    point = point_of(found.smile) if tame else fitting.start_point(goal)
    constraints = constraints_of(goal, smile_at(point), later)
    for penalty in _PENALTIES:
        point, between = fit_between(point, goal, constraints, penalty)
        iterations += between.iterations
        if _free(between.smile, later):
            return Fitted(between.smile, iterations)
    return Fitted(_towards(between.smile, _free_by_construction(found.smile, later), later), iterations)


def _free_by_construction(smile: Svi, later: Svi | None) -> Svi:
    if later is None:
        return smile.flattened()
    return later.scaled(min(1.0 - _ROOM, smile.at_money / later.at_money))


def _towards(smile: Svi, free: Svi, later: Svi | None) -> Svi:
    """Return the first smile without arbitrage on the line from one smile to the free one."""
    for share in np.linspace(0.0, 1.0, _STEPS + 1)[1:-1].tolist():
        between = Svi(*((1.0 - share) * own + share * other for own, other in zip(smile, free, strict=True)))
        if _free(between, later):
            return between
    return free
