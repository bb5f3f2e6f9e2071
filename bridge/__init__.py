"""The world outside: chain, feeds, governance, reports and the command line. Imports `hedge`, never brownie.

Its parts, in the order in which they build on each other; each imports only what stands above it:

    errors, units, tables, toml_files     what all others use
    artifacts, chain                      compiled contracts; one node, its blocks and signers
    config, deployment, genesis           settings, addresses, first values of a deployment
    exposure, feeds, observe              positions; prices, quotes, signals and the oracle; all of it at one block
    plans, report                         from an observation to a plan on record, and its pages
    dao, safe, deploy                     updates and proposals; the multi-sigs; deployment
    local, monitor, demo, doctor          the local chain; `alvh watch`, `alvh demo`, `alvh doctor`
    cli                                   the commands
"""

__version__ = "0.1.0"
