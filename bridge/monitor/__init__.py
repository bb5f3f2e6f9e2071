"""The monitor that is left running: looks, keeps what it saw, tells people once of what changed. It holds no key.

    standing    alerts from look to look: which are new, worse, over, acknowledged; a pure function
    cycle       what one cycle writes, all of it in one transaction
    tables      the tables of the monitor, in the ledger's database
    store       reads and writes them; one monitor at a time
    notices     whom a change of an alert is told, and the outbox that tells them
    view        what people see of one look: page, metrics and JSON are views of it
    service     the loop

Read `service` first. May import `alerts`, `ledger`, `plans` and what is below them.
"""
