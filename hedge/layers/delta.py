"""Layer 0, delta: a perpetual sold against a governed share of what the book gains with the price."""

from __future__ import annotations

from hedge.instruments.layer import LayerRole
from hedge.layers.spec import LayerSpec, register_layer

SPEC = register_layer(
    LayerSpec(
        name="delta",
        number=0,
        title="delta",
        purpose="a perpetual against a part of the delta: the cheapest cut, and it gives up the rise",
        keys=("deltaShareBps",),
        role=LayerRole.PROTECTION,
        rank=5,
    )
)
