"""Print the amounts of v3 positions, from nothing: `python cold_lens.py URL MANAGER ID ...`."""

import sys

from bridge.adapters.lens import Lens
from bridge.chain.rpc import Rpc
from hedge.amm.ticks import position_amounts

node = Rpc(sys.argv[1])
found = Lens(node).positions_v3(sys.argv[2], [int(token_id) for token_id in sys.argv[3:]], node.head())
amounts = [
    list(position_amounts(position.pool.sqrt_price_x96, position.tick_lower, position.tick_upper, position.liquidity))
    for position in found
    if position.pool
]
sys.stdout.write(repr(amounts))
