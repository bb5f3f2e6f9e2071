"""The hedge layers: which role each plays, and what it may hold under the governed keys.

    spec                              `LayerSpec` and the registry: what a layer is, for plan, report and reasons alike
    delta, condor, volatility, tail   the layers that come with us, one file each
    registry                          every registered layer
    build, budget, decay, gate, vega
                                      how the first planner sized them one after another; a strategy compares with it

Read `spec` and `tail` first. To add a layer, add one file; docs/extending.md shows one. May import `policy`, `risk`,
`instruments`, `book` and what is below them; never a decision.
"""
