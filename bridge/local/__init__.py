"""The local chain: real protocols, ours deployed beside them, pools moved along a price path.

    anvil, local_chain, accounts     the node; a chain object for it; its roles
    protocols, market, other_pools   other people's contracts; v3 pools; v2 and v4 pools
    price_path, histories, rounds         prices to play; simulated histories; oracle rounds
    world                            all of it built: `build_world`

Read `world` first. May import `deploy`, `sources` and what is below them; no command for a public network needs it.
"""
