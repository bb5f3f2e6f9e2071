"""The world outside: chain, sources, governance, reports and commands. Imports `hedge`, never brownie.

The parts, lowest level first; a part imports only parts of lower levels, pyproject.toml has the exact order:

    hidden                                keys and passwords that nobody is shown
    foreign                               what strangers wrote, as it may be shown
    mistakes                              what is wrong, in plain words
    errors, genesis                       the tree of errors; first values of a deployment
    units, formats                        integers to floats, once; numbers as people read them
    files, environment                    written whole or not at all; what other programs inherit
    names, extras                         names that look like another; packages of extras that are there
    registry, action_kinds                what plug-ins add; actions that are asked for by name
    tables, toml_files, json_files        what is in files
    artifacts, deployment                 compiled contracts; addresses
    networks                              public networks as data
    chain, config, snapshot               one node; settings; a chain, a deployment and a block
    adapters                              positions of each AMM
    venues                                Deribit and other publishers, asked over HTTPS
    sources                               prices, quotes, histories, the oracle
    ledger                                the store of what was bought and sold; exports of venues
    plans                                 from a snapshot to a plan on record
    governance, safe, deploy              updates and proposals; the multi-sigs; deployment
    report, alerts, local                 pages; what the monitor says; the local chain
    monitor, page                         the monitor that is left running; its page
    doctor_network                        what of a public network's settings works
    study                                 backtests and simulations, run, kept and shown
    demo, doctor, cli                     `alvh demo`, `alvh doctor`, the commands

import-linter holds this order (pyproject.toml); docs/architecture.md draws how data flows.
"""

__version__ = "0.1.0"
