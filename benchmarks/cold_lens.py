"""Print the amounts of v3 positions, from nothing: `python cold_lens.py URL MANAGER ID ...`."""

import sys

from bridge.adapters.lens import Lens
from bridge.chain.rpc import Rpc
from hedge.amm.ticks import position_amounts

node = Rpc(sys.argv[1])
found = Lens(node).positions_v3(sys.argv[2], [int(one) for one in sys.argv[3:]], node.head())
amounts = [
    list(position_amounts(one.pool.sqrt_price_x96, one.tick_lower, one.tick_upper, one.liquidity))
    for one in found
    if one.pool
]
sys.stdout.write(repr(amounts))
