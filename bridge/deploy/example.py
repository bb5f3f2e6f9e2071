"""What `alvh deploy init` writes: settings with a comment to each. The addresses are nobody's, and to be replaced."""

from __future__ import annotations

from typing import Final

EXAMPLE: Final = """\
# What `alvh deploy FILE` deploys. Every address here is nobody's: replace it.
# A setting behind a # shows its default, or what else could be there.

name = "main"                 # tells deployments on one chain apart; the journal's folder is named by chain and name

# Who signs reports of volatility: three or more, each a plain account with a key of its own.
reporters = [
  "0x0000000000000000000000000000000000010001",
  "0x0000000000000000000000000000000000010002",
  "0x0000000000000000000000000000000000010003",
  "0x0000000000000000000000000000000000010004",
  "0x0000000000000000000000000000000000010005",
]
automation = "ETH"            # whose feed the regime table follows; leave out for none. It is powerless until a vote
# own = ["ETH"]               # assets that get a ledger of parameters and an automation of their own
usd_tokens = []               # tokens that count as USD
# sequencer_feed = "0x..."    # on a rollup: Chainlink's feed that says whether its sequencer is up
# start_block = 0             # a block before the first position; default: the one before the deployment

[chain]
id = 1
coin = "ETH"
# rpc_url = "http://127.0.0.1:8545"   # or --rpc; may be changed between runs, as all of this section but id and coin
# max_tip_gwei = 20.0         # nothing is sent above these three
# max_fee_gwei = 500.0
# max_fee_native = 0.5        # of one transaction
# confirmations = 2           # blocks, the transaction's own among them

# The DAO: new, behind a governor (OpenZeppelin's or Compound's) that exists, or a Safe.
[dao]
kind = "new"                  # a token, a timelock and a governor are deployed
# token = "0x..."             # a token that exists, whose clock counts seconds, instead of holders
[dao.holders]                 # who gets the new token's whole supply, in votes
"0x0000000000000000000000000000000000010011" = 600_000
"0x0000000000000000000000000000000000010012" = 400_000

# [dao]
# kind = "governor"           # an OpenZeppelin Governor, with or without a timelock, counting seconds or blocks
# governor = "0x..."

# [dao]
# kind = "safe"               # a Safe decides
# safe = "0x..."

# Two more Safes: the guardian stops, the steward changes values within limits. Either an address, or owners.
[guardian]
owners = [
  "0x0000000000000000000000000000000000010021",
  "0x0000000000000000000000000000000000010022",
  "0x0000000000000000000000000000000000010023",
]
threshold = 2
salt = 0                      # another number gives the same owners another Safe

[steward]
address = "0x0000000000000000000000000000000000010031"

# [safe_contracts]            # where Safe's own contracts are; these are version 1.4.1, as on most chains
# singleton = "0x41675C099F32341bf84BFc5382aF534df5C7461a"
# factory = "0x4e1DCf7AD4e460CfD30791CCC4F9c8a4f820ec67"
# handler = "0xfd0732Dc9E303f09fCEf3a7388Ad10A83459Ec99"

# An entry for each asset: a feed of its volatility, and where there is a Uniswap v3 pool against USD, a breaker.
[assets.ETH]
tokens = ["0x0000000000000000000000000000000000010041"]
price_pool = "0x0000000000000000000000000000000000010042"
# feed = true

# Delays in seconds, shares as their names say; what is left out is as below.
[terms]
# voting_delay = 86_400
# voting_period = 259_200
# vote_extension = 86_400
# timelock_delay = 172_800
# steward_delay = 86_400
# quorum_percent = 10
# proposal_threshold = 10_000   # whole votes
# oracle_quorum = 3
# oracle_max_age = 21_600
# sequencer_grace = 3_600       # after an outage, with a sequencer_feed

# First values of governed keys, by name and in their unit (docs/governance.md); what is left out is as there.
[values]
# targetCvarBps = 300

# Limits of a key; of each only what differs.
# [limits.targetCvarBps]
# min = 0
# max = 5_000
# step_up = 60
# step_down = 150
# cooldown_seconds = 86_400

# Contracts of others that commands read, by artifact name.
[contracts]
# UniswapV3Factory = "0x..."
# NonfungiblePositionManager = "0x..."
"""
