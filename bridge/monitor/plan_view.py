"""What a plan of now would trade, for who wants to see it beside the plan on record; nothing of it is kept."""

from __future__ import annotations

from typing import Any

from bridge.config import Config
from bridge.errors import BridgeError
from bridge.foreign import TEXT, foreign
from bridge.plans.make import make_plan_at
from bridge.snapshot import Snapshot
from hedge.errors import HedgeError


def plan_view(snapshot: Snapshot, settings: Config, owner: str) -> dict[str, Any]:
    """Return the answer and the trades of a plan at a snapshot's block, or why there is none."""
    try:
        plan = make_plan_at(snapshot, settings, owner=owner).plan
    except (BridgeError, HedgeError) as error:
        return {"trouble": foreign(error, TEXT), "answer": None, "trades": []}
    return {
        "trouble": "",
        "answer": str(plan.decision.answer),
        "words": [foreign(reason, TEXT) for reason in plan.decision.reasons[:5]],
        "trades": [trade.to_dict() for trade in plan.trades],
    }
