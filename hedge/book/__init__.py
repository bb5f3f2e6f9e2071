"""What is held: positions of any AMM, and what they are exposed to at a market.

    positions   `Position` (what every AMM must say), `ConcentratedPosition`, `Book`
    weighted    `WeightedPosition`, of Balancer-like pools
    exposure    value, deltas, gammas, IL, LVR, fees and break-even of each position; totals per asset and in USD

Read `positions` first. A new kind of pool is a class that says what `Position` asks for; docs/extending.md shows one.
May import `amm`, `market` and what is below them; never options or layers.
"""
