"""The monitor: one look at a block, and what in it a person should see.

    snapshots   `MonitorSnapshot`: exposure against the plan on record, feeds, parameters, proposals
    rules       one function for each alert, by what it looks at; which rule says what of whom
    safe_queue  what waits for the owners of our Safes
    watch       one look: read a snapshot, run the rules

Read `watch` first. To add an alert, add one function; docs/extending.md shows one. It never signs. May import
`governance`, `plans` and what is below them.
"""
