"""The monitor: one look at a block, and what in it a person should see.

    watch   `MonitorSnapshot`: exposure against the plan on record, feeds, parameters, proposals
    rules   one function for each alert

Read `watch` first. To add an alert, add one function; docs/extending.md shows one. It never signs. May import
`governance`, `plans` and what is below them.
"""
