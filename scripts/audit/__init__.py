"""What an auditor's tables say, read from the syntax trees that the compiler writes: `scripts.audit_page` prints them.

    sources     the compiler's answer: contracts, what they inherit, their texts and comments
    reach       from a function on: which senders it refuses, its errors, its events, whom it calls
    functions   a table of each contract's functions
    numbers     sizes, roles, delays, keys, storage

Read `sources` first.
"""
