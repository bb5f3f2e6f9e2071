"""What was really bought and sold: fills, and what follows from them.

    instruments     the venue's name of an instrument, read once: option, perpetual or future
    fills           `Fill`: one change of a position or of cash, as a venue reports it
    reversals       which fills count: each once, without those taken back
    running         one position while fills are added up: average cost, and how it is rounded
    account         `account`: from fills to positions, cash and profit, in coin and in USD; expiries
    carried         the balance of earlier entries, brought forward
    results         `Account`: what it says, profit at marks, dated flows, holdings for the planner

Read `fills` first. A fill is never changed: a mistake is answered by a fill that reverses it. All amounts are decimals
and exact; they become floats where they meet the planner. May import `instruments` and what is below it.
"""
