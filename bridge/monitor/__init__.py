"""The monitor that is left running: looks, keeps what it saw, tells people once of what changed. It holds no key.

    service, clock           one book's monitor: look, keep, publish; time as it is given
    house                    what is done beside looking: messages, the daily summary, thinning
    desk, published          what the page asks for; the newest view
    view, governance_view    what people see of a look: page, metrics and stored looks are views of it
    payoff, alert_view, plan_view    parts of it
    standing                 alerts from look to look: which are new, worse, over, acknowledged; a pure function
    cursors, rounds          how far was read; rounds of feeds between two looks
    cycle, kept, rows        what one cycle writes, all of it in one transaction
    tables, store, lease     the tables, in the ledger's database; reads and writes them; one monitor a database
    upkeep, export           check, backup, thin by age; tables as parquet
    notices, outbox, targets whom a change of an alert is told; what waits to be sent; where to
    measured, metrics, logs  every number of a view that is measured; as Prometheus reads them; events without secrets

Read `service` first. May import `alerts`, `ledger`, `plans` and what is below them.
"""
