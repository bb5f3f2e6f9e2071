"""A hedge layer: one call out of the money, bought with a tenth of the budget."""

from __future__ import annotations

from hedge.errors import NotListed
from hedge.instruments.layer import LayerRole, build_layer, empty_layer, max_loss
from hedge.layers.spec import LayerSpec, SizedLayer, SizingContext, register_layer

NAME = "upside"
DELTA, DAYS = 0.1, 30.0


def _size(context: SizingContext) -> SizedLayer:
    chain, asset = context.chain, context.exposure
    try:
        calls = chain.buyable(chain.first_expiry(DAYS), is_call=True)
    except NotListed as refused:
        return SizedLayer(empty_layer(NAME, asset.asset, str(refused)))
    if not calls:
        return SizedLayer(empty_layer(NAME, asset.asset, "no call has an ask"))
    call = min(calls, key=lambda quote: abs(chain.delta(quote) - DELTA))
    structure = (chain.bought(call),)
    budget = context.budget(premium_cap_bps=context.parameters.budget_bps / 10)
    units = budget.units(max_loss(structure), asset.spot, call.lot)
    return SizedLayer(build_layer(NAME, asset.asset, structure, units, asset.spot, "a tenth of the budget in one call"))


register_layer(
    LayerSpec(
        name=NAME,
        number=4,
        title="upside call",
        purpose="keeps a part of a rise that the pool gives away",
        keys=("budgetBps", "overlayNotionalCapUsd"),
        role=LayerRole.PROTECTION,
        size=_size,
    )
)
