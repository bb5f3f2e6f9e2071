"""Deployment of the contracts, and the proof that the deployer keeps no role.

    contracts   votes, timelock, governor, parameters, oracles, with the final roles checked
    watchers    realised volatility, breakers, automation
    seats       who holds what, and who should
    code        whether the code at an address is ours

Read `contracts` first. May import `safe`, `genesis` and what is below them.
"""
