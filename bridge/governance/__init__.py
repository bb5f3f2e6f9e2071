"""What the DAO votes and what carries it out.

    updates, postconditions              a tuple of parameters on its way; what must be true afterwards
    governor, proposals, proposal_text   the governor contract; from a plan or an action to a proposal
    chosen                               which proposal a command is about
    preflight, calls                     the execution simulated; calls in words
    telling, powers                      long values of a call, with size and hash; who gets power by one
    inspection, safe_builds              who is at an address that holds a role, or is to; Safe code that is known
    actions, settings_actions            what else the DAO can be asked to do
    roles, regime_table                  who holds which role; the table of the automation
    safeguards, steward, journal         breakers and automation; announced updates; what this machine brought

Read `proposals` first. To add an action, register one entry in `actions`; docs/extending.md shows one. May import
`plans`, `sources` and what is below them.
"""
