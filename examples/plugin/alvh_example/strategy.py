"""A strategy of the backtest: puts of 25 delta over two weeks, one for each unit that the pools hold now."""

from dataclasses import replace

from hedge.backtest.strategy import StrategySpec, Targets, View, legs_by_contract, register_strategy
from hedge.instruments.contract import Contract


class Puts:
    """Buys them anew every week."""

    def decide(self, view: View) -> Targets:
        """Return the puts of every asset that has quotes now."""
        bought: dict[Contract, float] = {}
        for asset, chain in view.chains.items():
            puts = chain.buyable(chain.first_expiry(14.0), is_call=False)
            put = min(puts, key=lambda quote: abs(chain.delta(quote) + 0.25))
            held = sum(position.deltas(view.spots).get(asset, 0.0) for position in view.book.positions)
            bought |= legs_by_contract((replace(chain.bought(put), quantity=float(round(held / put.lot) * put.lot)),))
        return Targets({"put": bought})


register_strategy(StrategySpec("example_puts", "puts of 25 delta, two weeks", Puts, every_days=7.0, needs_quotes=True))
