"""What an owner holds in AMM pools: one adapter file for each protocol.

    pool_position                        what every adapter answers: `PositionReader`, `HeldPosition`, `Unread`
    spec                                 `Adapter` and the registry
    uniswap_v2, uniswap_v3, uniswap_v4   the adapters that come with us
    direct_v3, v2_pairs                  liquidity in v3 pools themselves; v2 pairs that are named and not read
    lens, tokens                         one call for a thousand positions; decimals
    past, range_time                     whose past is asked for; how long a price was in a range
    pool_depth                           what a pool pays for a fall of its price

Read `pool_position` and `uniswap_v2` first. To add an AMM, add one file; docs/extending.md shows one. May import
`snapshot`, `chain` and what is below them; knows no plan and no settings.
"""
