"""What a hedge layer is, for the plan, the report and the reasons alike: one `LayerSpec` a layer, in one registry.

To add a layer, write one file that ends with `register_layer(LayerSpec(...))`; docs/extending.md walks through one.
Every list of layers, and every "layer 2" that people read, comes from here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from hedge.book.exposure import AssetExposure
from hedge.errors import BadInput
from hedge.instruments.index_listing import IndexListing
from hedge.instruments.layer import Layer, LayerRole
from hedge.instruments.listing import Listing
from hedge.instruments.option_chain import OptionChain
from hedge.layers.budget import Budget
from hedge.layers.gate import CondorGate, TailRisk
from hedge.market import Market
from hedge.numerics.arrays import BoolArray, FloatArray
from hedge.policy.layer_rules import LayerRules
from hedge.policy.parameters import KEY_IDS, Parameters
from hedge.policy.sizing_policy import SizingPolicy
from hedge.policy.tenor_shifts import shifted
from hedge.risk.scenarios import Scenarios
from hedge.units import BPS


@dataclass(frozen=True)
class SizingContext:
    """Hold what a layer is sized by, on one asset.

    Parameters
    ----------
    exposure : of the asset. chain : of the asset. listing : on its volatility index, None where nothing is listed.
    share : of the asset in the book's value, by which the notional caps are shared.
    sizing : of the signals; None sizes by the governed parameters alone.
    own : the layers that the asset has so far. pnl : of the book with every layer so far, shape (n,), USD.
    risk : of the book, before and after the protection.
    """

    market: Market
    exposure: AssetExposure
    chain: OptionChain
    listing: IndexListing | None
    share: float
    parameters: LayerRules
    sizing: SizingPolicy | None
    scenarios: Scenarios
    own: tuple[Layer, ...]
    pnl: FloatArray
    risk: TailRisk

    @property
    def tenored(self) -> LayerRules:
        """Return the parameters with the regime's shifts of tenor."""
        return shifted(self.parameters, self.sizing.shifts) if self.sizing else self.parameters

    def budget(self, premium_cap_bps: float = math.inf, notional_cap_usd: float = math.inf) -> Budget:
        """Return what the layers before have left of the governed budget and notional, within the layer's own caps.

        Parameters
        ----------
        premium_cap_bps : of the asset's value. notional_cap_usd : of the whole book; the asset gets its share.
        """
        value = self.exposure.value_usd
        total = self.parameters.budget_bps / BPS * value - math.fsum(layer.max_loss_usd for layer in self.own)
        cap = self.parameters.overlay_notional_cap_usd * self.share
        notional = min(notional_cap_usd * self.share, cap - math.fsum(layer.notional_usd for layer in self.own))
        return Budget(max(min(premium_cap_bps / BPS * value, total), 0.0), max(notional, 0.0))


class SizedLayer(NamedTuple):
    """A layer in its size, and for a sold one what the gate said."""

    layer: Layer
    gate: CondorGate | None = None


@dataclass(frozen=True)
class LayerSpec:
    """State one layer of the hedge.

    Parameters
    ----------
    name : in plans and code. number : as people count the layers. title, purpose : in a few words, for reports.
    keys : names of the governed keys that its size and legs depend on.
    role : protection is bought and sized first; financing is sized last, on the book that carries all protection.
    admits : which options of a listing it may buy under the governed parameters, shape (n,); None where it buys none.
    cap : name of the governed key that caps its cash, in bps of the book's value; empty where none does.
    size : sizes it on one asset by a rule, in strategies that compare with the programme; None where no rule does.
    rank : within its role the lower one comes first: an option that two layers admit is the first one's.
    """

    name: str
    number: int
    title: str
    purpose: str
    keys: tuple[str, ...]
    role: LayerRole
    admits: Callable[[Listing, Parameters], BoolArray] | None = None
    cap: str = ""
    size: Callable[[SizingContext], SizedLayer] | None = None
    rank: int = 100

    @property
    def label(self) -> str:
        """Return what people call it, such as ``layer 2``."""
        return f"layer {self.number}"

    @property
    def key_ids(self) -> tuple[int, ...]:
        """Return the numbers of its keys on chain."""
        return tuple(KEY_IDS[name] for name in self.keys)


_SPECS: Final[dict[str, LayerSpec]] = {}


def register_layer(spec: LayerSpec) -> LayerSpec:
    """Add a layer to the registry.

    Raises
    ------
    BadInput : its name or number is taken, or one of its keys is not governed.
    """
    if spec.name in _SPECS or spec.number in {other.number for other in _SPECS.values()}:
        raise BadInput("layer", spec.name, f"must have a name and a number ({spec.number}) of its own")
    unknown = [key for key in (*spec.keys, *filter(None, [spec.cap])) if key not in KEY_IDS]
    if unknown:
        raise BadInput(f"keys of layer {spec.name}", unknown[0], "must be a governed key")
    _SPECS[spec.name] = spec
    return spec


def unregister_layer(name: str) -> None:
    """Take a layer out again, for tests and plug-ins that are unloaded."""
    del _SPECS[name]


def layer_specs(role: LayerRole | None = None) -> tuple[LayerSpec, ...]:
    """Return the registered layers in the order in which they are sized; those of one role if it is given.

    Protection comes first; within a role the lower rank.
    """
    ordered = sorted(_SPECS.values(), key=lambda spec: (spec.role is LayerRole.FINANCING, spec.rank, spec.number))
    return tuple(spec for spec in ordered if role in (None, spec.role))


def layer_spec(name: str) -> LayerSpec:
    """Return a layer by its name.

    Raises
    ------
    BadInput : there is none.
    """
    if name not in _SPECS:
        raise BadInput("layer", name, f"must be one of {', '.join(_SPECS)}")
    return _SPECS[name]


def role_label(role: LayerRole) -> str:
    """Return what people call the layers of a role, such as ``layers 2 and 3``.

    >>> from hedge.layers import registry
    >>> role_label(LayerRole.PROTECTION), role_label(LayerRole.FINANCING)
    ('layers 2 and 3', 'layer 1')
    """
    numbers = [str(number) for number in sorted(spec.number for spec in layer_specs(role))]
    if len(numbers) == 1:
        return f"layer {numbers[0]}"
    return f"layers {', '.join(numbers[:-1])} and {numbers[-1]}"
