"""The hedge layers: each is sized on one asset, by what it may spend and what the book needs.

    spec                       `LayerSpec` and the registry: what a layer is, for plan, report and reasons alike
    budget, decay, gate        what a layer may spend; what time costs; how much sold condor the book can carry
    tail, volatility, condor   the layers that come with us, one file each; `vega` and `roll` serve them
    registry                   every registered layer
    build                      all layers of a book, protection first, then what finances it

Read `spec` and `tail` first. To add a layer, add one file; docs/extending.md shows one. May import `policy`, `risk`,
`instruments`, `book` and what is below them; never a decision.
"""
