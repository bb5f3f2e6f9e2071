"""The monitor: one look at a block, and what in it a person should see.

    snapshots   `MonitorSnapshot`: exposure against the plan on record, feeds, parameters, proposals
    rules       one function for each alert
    watch       one look: read a snapshot, run the rules

Read `watch` first. To add an alert, add one function; docs/extending.md shows one. It never signs. May import
`governance`, `plans` and what is below them.
"""
