"""Deployment of the contracts, and the proof that the deployer keeps no role.

    contracts, watchers     votes, timelock, governor, parameters, oracles; volatility, breakers, automation
    settings, example       deploy.toml: what is deployed, for whom and on which chain
    ground, bravo           what is there before: who acts for the DAO
    layout                  every transaction in its order, and where everything will be
    rehearsal               whether each would work, and what it costs
    plan, journal, sending  begun or gone on with; what was signed; one transaction after the other
    finish, consent         sent, proven and written down; what a DAO of before is asked
    sources                 the compiler's input of each contract, for explorers
    verify, numbers         the proof of any deployment from its address file
    seats                   who holds what, and who should
    code                    whether the code at an address is ours

Read `contracts` first, then `layout`. May import `safe`, `genesis` and what is below them.
"""
