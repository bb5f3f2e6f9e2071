"""Made-up numbers stay on the local chain: what no market said is neither signed, submitted nor proposed elsewhere.

Synthetic chains, simulated and stated histories, and those of which nobody says a source, serve to try the whole loop.
On a chain that people use, a feed or a vote would pass them on as if a market had said them. No option lifts this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from bridge.chain.blocks import LOCAL_CHAIN_ID
from bridge.errors import UntrustedNumber
from hedge.market import Provenance


def is_observed(provenance: str) -> bool:
    """Tell whether a market said what is of this provenance; a word that is none says nothing."""
    with suppress(ValueError):
        return Provenance(provenance).observed
    return False


def require_observed(chain_id: int, made_up: Sequence[str], what: str) -> None:
    """Refuse made-up numbers on every chain but the local one.

    Parameters
    ----------
    made_up
        Each made-up source in words; empty where there is none.
    what
        What rests on them, for the message.

    Raises
    ------
    UntrustedNumber
        There is one, and the chain is not the local one.
    """
    if made_up and chain_id != LOCAL_CHAIN_ID:
        raise UntrustedNumber(
            f"{what} rests on numbers that no market said: {'; '.join(made_up)}. They stay on the local chain "
            f"{LOCAL_CHAIN_ID}, this is chain {chain_id}: give recorded quotes (--chain) and histories (--signals) "
            "whose source.toml says where they are from"
        )


def sourced(what: str, source: str, provenance: str) -> str:
    """Say where a number comes from, on one line."""
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in source).split())
    return f"{what} {words or 'of no named source'} ({provenance or 'of unknown provenance'})"


def plan_sources(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return every source of a recorded plan's inputs in words, with its provenance; empty where it is not told."""
    market, past = inputs["market"], inputs.get("histories", {"origin": "", "provenance": ""})
    named = [
        ("prices:", market["spot_source"], market["spot_provenance"]),
        ("volatility:", market["vol_source"], market["vol_provenance"]),
    ]
    for kind in ("chains", "indices"):
        words = "options" if kind == "chains" else "index"
        named += [(f"{asset} {words}:", e["source"], e["provenance"]) for asset, e in inputs[kind].items()]
    named += [("histories:", past["origin"], past["provenance"])] if past is not None else []
    return [(sourced(*each), str(each[2])) for each in named]


def made_up_sources(inputs: Mapping[str, Any]) -> list[str]:
    """Return the sources of a recorded plan's inputs that no market said, in words."""
    return [words for words, provenance in plan_sources(inputs) if not is_observed(provenance)]
