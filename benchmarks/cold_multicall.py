"""Print the amounts of v3 positions with multicall.py: `python cold_multicall.py URL MANAGER FACTORY ID ...`."""

import json
import sys

import numpy as np
from peers_chain import multicall_shared

named = dict(zip(("url", "manager", "factory"), ([argument] for argument in sys.argv[1:4]), strict=True))
run, _ = multicall_shared({**named, "ids": np.array([int(token_id) for token_id in sys.argv[4:]])})
amounts = []
for lower, upper, liquidity, _, _, price in run():
    low, high, root = 1.0001 ** (lower / 2), 1.0001 ** (upper / 2), price / 2**96
    held = min(max(root, low), high)
    amounts.append((liquidity * (1 / held - 1 / high), liquidity * (held - low)))
sys.stdout.write(json.dumps(amounts))
