"""What was really bought and sold: fills, and what follows from them.

    instruments     the venue's name of an instrument, read once: option, perpetual, future or cash
    fills           `Fill`: one change of a position or of cash, as a venue reports it
    account         positions, cash and profit that follow from fills, in coin and in USD

Read `fills` first. A fill is never changed: a mistake is answered by a fill that reverses it. All amounts are decimals
and exact; they become floats where they meet the planner. May import `instruments` and what is below it.
"""
