"""The world outside: chain, feeds, governance, reports and the command line. Imports `hedge`, never brownie.

Its parts, in the order in which they build on each other; each imports only what stands above it:

    errors, units, formats, action_kinds  what all others use
    tables, json_files, toml_files        files
    artifacts, chain                      compiled contracts; one node, its blocks and signers
    config, deployment, genesis           settings, addresses, first values of a deployment
    snapshot                              a chain, a deployment and the block that one cycle is read at
    adapters, sources                     positions; prices, quotes, signals and the oracle
    plans, report                         from a snapshot to a plan on record, and its pages
    governance, safe, deploy              updates and proposals; the multi-sigs; deployment
    local, alerts, demo, doctor           the local chain; `alvh watch`, `alvh demo`, `alvh doctor`
    cli                                   the commands
"""

__version__ = "0.1.0"
