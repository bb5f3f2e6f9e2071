"""The reason tree of a plan: every number that decides something, why, and the numbers that it came from.

A node is a dict: ``what`` (name), ``value``, ``at`` (JSON pointer of the value inside the plan's own dict), ``why`` and
``from`` (nodes below). A node without ``from`` is an input: its pointer begins with ``/inputs`` or names a quote that
the chain's digest in the inputs identifies. The tree is built from the plan's JSON alone, so that it cannot say
anything else than the plan does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hedge.layers.registry import layer_spec
from hedge.policy.parameters import KEY_IDS, KEYS
from hedge.signals.known import written
from hedge.signals.signal import NEVER

Node = dict[str, Any]

_RULES: Final = {
    "losing_usd": "value of the positions whose fees are below their LVR at the volatility to expect, or out of range",
    "lvr_30d_usd": "LVR of every position at the volatility to expect, over 30 days",
    "quoted_vol": "at-the-money volatility that the chains quote near 30 days, weighted by value",
    "fees_30d_usd": "fee APR x value in range, over 30 days",
    "cvar_unhedged_usd": "mean of the worst 5 % of the book's scenarios at the horizon, against the benchmark",
    "cvar_held_usd": "the same with what is held",
    "cvar_hedged_usd": "the same with the plan, its trades paid",
    "target_usd": "below it only the cost of the hedge counts",
    "cvar_30d_unhedged_usd": "mean of the worst 5 % over 30 days, the book alone",
    "cvar_30d_hedged_usd": "the same with what the plan holds, left alone",
    "expected_cost_30d_usd": "decay that the scenarios' mean shows, and cost of trading, at the rate of 30 days",
    "cash_usd": "paid for the trades, fees in",
    "lots_loss_usd": "CVaR95 that whole lots cost",
    "legs": "instruments in all layers",
}
_KEYS: Final = {
    "cvar_hedged_usd": ("cashBudgetBps", "costBudgetBps", "turnoverCapBps", "overlayNotionalCapBps", "deltaShareBps"),
    "target_usd": ("targetCvarBps", "horizonDays", "benchmark"),
    "legs": ("rehedgeBps",),
}


def reason_tree(plan: Mapping[str, Any]) -> Node:
    """Return the tree of a plan's dict; its root is the answer.

    Parameters
    ----------
    plan : of `Plan.to_dict`, the tree itself left out.
    """
    decision = plan["decision"]
    numbers = [
        _node(name, value, f"/decision/numbers/{name}", _RULES[name], _behind(plan, name))
        for name, value in decision["numbers"].items()
    ]
    below = [*numbers, _regime(plan), *_layers(plan), *_changes(plan)]
    return _node("answer", decision["answer"], "/decision/answer", "; ".join(decision["reasons"]), below)


def _node(what: str, value: Any, at: str, why: str, below: list[Node] | None = None) -> Node:
    return {"what": what, "value": value, "at": at, "why": why, "from": below or []}


def _behind(plan: Mapping[str, Any], name: str) -> list[Node]:
    """Return the numbers that one number of the decision came from."""
    if name in ("losing_usd", "lvr_30d_usd"):
        part = {"losing_usd": "verdict", "lvr_30d_usd": "lvr_usd"}[name]
        return [
            _node(f"{verdict['id']} {part}", verdict[part], f"/decision/positions/{i}/{part}", verdict["reason"],
                  _position(plan, i))
            for i, verdict in enumerate(plan["decision"]["positions"])
        ]  # fmt: skip
    if name == "fees_30d_usd":
        known = [i for i, position in enumerate(plan["inputs"]["book"]) if "fee_apr" in position]
        return [_input(plan, "fee APR", f"/inputs/book/{i}/fee_apr", "as read") for i in known]
    if name in _KEYS:
        keys = [_key(plan, KEY_IDS[key]) for key in _KEYS[name]]
        limits = [
            _node(limit["name"], limit["price"], f"/limits/{i}/price", "USD of CVaR95 that a USD more takes off")
            for i, limit in enumerate(plan["limits"])
            if name == "cvar_hedged_usd"
        ]
        return [*keys, *limits, *_market(plan), *_digests(plan)]
    if name == "quoted_vol":
        return _digests(plan)
    return [*_market(plan), *_digests(plan)]


def _position(plan: Mapping[str, Any], number: int) -> list[Node]:
    stated = plan["inputs"]["book"][number]
    fields = [field for field, value in stated.items() if value is None or isinstance(value, (float, int))]
    return [_input(plan, field, f"/inputs/book/{number}/{field}", "as read from the pool") for field in fields]


def _market(plan: Mapping[str, Any]) -> list[Node]:
    """Return spots, volatilities and count: what the scenarios are drawn from."""
    market = plan["inputs"]["market"]
    drawn = [f"/inputs/market/{kind}/{asset}" for kind in ("spots", "vols") for asset in market[kind]]
    drawn += ["/inputs/scenarios"]
    return [_input(plan, at.rsplit("/", 1)[1], at, market["vol_source"] or "as observed") for at in drawn]


def _digests(plan: Mapping[str, Any]) -> list[Node]:
    chains = plan["inputs"]["chains"]
    return [
        _input(plan, f"{asset} quotes", f"/inputs/chains/{asset}/quotes_sha256", chain["source"])
        for asset, chain in chains.items()
    ]


def _key(plan: Mapping[str, Any], number: int) -> Node:
    key = KEYS[number]
    return _input(plan, key.name, f"/inputs/parameters/{number}", f"governed: {key.description}, {key.unit}")


def _input(plan: Mapping[str, Any], what: str, at: str, why: str) -> Node:
    return _node(what, resolve(plan, at), at, why)


def _regime(plan: Mapping[str, Any]) -> Node:
    regime = plan["regime"]
    readings = [
        _input(plan, signal["name"], f"/inputs/signals/{i}/value", _heard(signal))
        for i, signal in enumerate(plan["inputs"]["signals"])
    ]
    return _node("regime", regime["name"], "/regime/name", "; ".join([*regime["reasons"], *regime["rules"]]), readings)


def _heard(signal: Mapping[str, Any]) -> str:
    known = f"known {written(signal['known_at'])}" if signal["known_at"] != NEVER else "nothing is known"
    return f"score {signal['score']}, {known}, {signal['source']}"


def _layers(plan: Mapping[str, Any]) -> list[Node]:
    nodes = []
    for i, layer in enumerate(plan["layers"]):
        asset = layer["underlying"]
        quotes = [_listed(plan, "chains", asset)] if asset in plan["inputs"]["chains"] else []
        legs = [_leg(plan, leg, f"/layers/{i}/legs/{j}/price") for j, leg in enumerate(layer["legs"])]
        keys = [_key(plan, number) for number in layer_spec(layer["name"]).key_ids]
        index = _input(plan, f"{asset} index", f"/inputs/market/vols/{asset}", plan["inputs"]["market"]["vol_source"])
        below = [*legs, *keys, index, *quotes]
        nodes.append(_node(f"{asset} {layer['name']}", layer["units"], f"/layers/{i}/units", layer["reason"], below))
    return nodes


def _leg(plan: Mapping[str, Any], leg: Mapping[str, Any], at: str) -> Node:
    """Return a leg's price, from the chain of its asset or from what is listed on the asset's index."""
    asset = leg["underlying"]
    if leg.get("perpetual"):
        traded = _input(plan, f"{asset} price", f"/inputs/market/spots/{asset}", "where a perpetual is taken to trade")
    else:
        traded = _listed(plan, "indices" if "index" in leg else "chains", asset)
    return _node(leg["label"], leg["price"], at, _side(leg["quantity"]), [traded])


def _listed(plan: Mapping[str, Any], where: str, asset: str) -> Node:
    return _input(plan, f"{asset} quotes", f"/inputs/{where}/{asset}/quotes_sha256", "what lists the legs")


def _side(quantity: float) -> str:
    return f"{quantity:g} bought at the ask" if quantity > 0.0 else f"{-quantity:g} sold at the bid"


def _changes(plan: Mapping[str, Any]) -> list[Node]:
    return [
        _node(change["name"], change["new"], f"/update/changes/{i}/new", change["reason"], [_key(plan, change["key"])])
        for i, change in enumerate(plan["update"]["changes"])
    ]


def resolve(plan: Mapping[str, Any], pointer: str) -> Any:
    """Return what a JSON pointer (RFC 6901) names inside a plan's dict."""
    found: Any = plan
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        found = found[int(name)] if isinstance(found, list) else found[name]
    return found
